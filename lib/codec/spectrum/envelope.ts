import { ENV_SEGMENTS, SAMPLE_RATE_HZ } from "./params.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";

const MIN_GAIN = 0.1;
const MAX_GAIN = 6;
/** Added to a measured level: silence is not amplified. */
const FLOOR = 1e-5;

/**
 * Gain envelope of the highs, which restores the attacks that a long window
 * smears: per quarter hop, the high-passed signal is brought to the level that
 * the envelope tells, within [0.1, 6].
 */
export class Envelope {
  readonly #segment: number;
  readonly #b0: number;
  readonly #b1: number;
  readonly #a1: number;
  readonly #a2: number;
  readonly #highLeft: Float64Array;
  readonly #highRight: Float64Array;
  /** Filter memory left, right (two values each), then the newest gain. */
  readonly #memory = new Float32Array(5);

  constructor(hop: number, cutHz: number) {
    this.#segment = hop / ENV_SEGMENTS;
    this.#highLeft = new Float64Array(this.#segment);
    this.#highRight = new Float64Array(this.#segment);
    // High-pass of R. Bristow-Johnson's cookbook with Q = 1 / sqrt(2).
    const w0 = 2 * Math.PI * cutHz / SAMPLE_RATE_HZ;
    const alpha = Math.sin(w0) / Math.SQRT2;
    const a0 = 1 + alpha;
    this.#b0 = (1 + Math.cos(w0)) / 2 / a0;
    this.#b1 = -(1 + Math.cos(w0)) / a0;
    this.#a1 = -2 * Math.cos(w0) / a0;
    this.#a2 = (1 - alpha) / a0;
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

  /** Shapes the slot at `at` in place, by the four values of `env` from `row`. */
  apply(
    env: Float32Array,
    row: number,
    left: Float32Array,
    right: Float32Array,
    at: number,
  ): void {
    for (let m = 0; m < ENV_SEGMENTS; m++) {
      const start = at + m * this.#segment;
      this.#highPass(left, start, this.#highLeft, 0);
      this.#highPass(right, start, this.#highRight, 2);
      const target = Math.exp(env[row + m]!);
      const gain = Math.min(
        MAX_GAIN,
        Math.max(MIN_GAIN, target / (this.#level() + FLOOR)),
      );
      this.#ramp(gain, left, right, start);
      this.#memory[4] = gain;
    }
  }

  /** Direct form II transposed; b2 = b0. */
  #highPass(
    input: Float32Array,
    start: number,
    output: Float64Array,
    memory: number,
  ): void {
    let s1 = this.#memory[memory]!;
    let s2 = this.#memory[memory + 1]!;
    for (let i = 0; i < output.length; i++) {
      const x = input[start + i]!;
      const y = this.#b0 * x + s1;
      s1 = this.#b1 * x - this.#a1 * y + s2;
      s2 = this.#b0 * x - this.#a2 * y;
      output[i] = y;
    }
    this.#memory[memory] = s1;
    this.#memory[memory + 1] = s2;
  }

  /** RMS of the mid of the high-passed segment. */
  #level(): number {
    let sum = 0;
    for (let i = 0; i < this.#segment; i++) {
      sum += ((this.#highLeft[i]! + this.#highRight[i]!) / 2) ** 2;
    }
    return Math.sqrt(sum / this.#segment);
  }

  /** The gain moves linearly and is reached at the last sample. */
  #ramp(
    gain: number,
    left: Float32Array,
    right: Float32Array,
    start: number,
  ): void {
    const before = this.#memory[4]!;
    for (let i = 0; i < this.#segment; i++) {
      const g = before + (gain - before) * (i + 1) / this.#segment;
      left[start + i]! += (g - 1) * this.#highLeft[i]!;
      right[start + i]! += (g - 1) * this.#highRight[i]!;
    }
  }
}
