import type { Kernel } from "../kernel/kernel.ts";
import { ENV_SEGMENTS, SAMPLE_RATE_HZ } from "./params.ts";
import type { Slot } from "./slot.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";

/**
 * Gain envelope of the highs, which restores the attacks that a long window
 * smears: per quarter hop, the high-passed signal is brought to the level that
 * the envelope tells, within [0.1, 6].
 */
export class Envelope {
  readonly #kernel: Kernel;
  readonly #segment: number;
  /** b0, b1, a1, a2. */
  readonly #filter: Float64Array;
  /** High-passed segment: left, right. */
  readonly #high: Float64Array;
  /** Filter memory left, right (two values each), then the newest gain. */
  readonly #memory: Float32Array;

  constructor(kernel: Kernel, hop: number, cutHz: number) {
    this.#kernel = kernel;
    this.#segment = hop / ENV_SEGMENTS;
    this.#high = kernel.doubles(2 * this.#segment);
    this.#memory = kernel.floats(5);
    // High-pass of R. Bristow-Johnson's cookbook with Q = 1 / sqrt(2).
    const w0 = 2 * Math.PI * cutHz / SAMPLE_RATE_HZ;
    const alpha = Math.sin(w0) / Math.SQRT2;
    const a0 = 1 + alpha;
    this.#filter = kernel.doubles(4);
    this.#filter.set([
      (1 + Math.cos(w0)) / 2 / a0,
      -(1 + Math.cos(w0)) / a0,
      -2 * Math.cos(w0) / a0,
      (1 - alpha) / a0,
    ]);
  }

  /** Forgets the past (`state` null) or takes it up. */
  load(state: StateReader | null): void {
    loadInto(this.#memory, state);
    if (state === null) this.#memory[4] = 1;
  }

  /** Writes what `load` reads. */
  save(state: StateWriter): void {
    state.write(this.#memory);
  }

  /** Shapes `slot` in place, by the four values of `env` from `row`. */
  apply(env: Float32Array, row: number, slot: Slot): void {
    for (let m = 0; m < ENV_SEGMENTS; m++) {
      const at = 4 * m * this.#segment;
      this.#kernel.loops.envelope(
        slot.left.byteOffset + at,
        slot.right.byteOffset + at,
        this.#segment,
        env[row + m]!,
        this.#filter.byteOffset,
        this.#memory.byteOffset,
        this.#high.byteOffset,
      );
    }
  }
}
