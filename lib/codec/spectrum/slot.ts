import type { Kernel } from "../kernel/kernel.ts";

/** The hop of samples that a frame completes, in the kernel's memory. */
export interface Slot {
  left: Float32Array;
  right: Float32Array;
}

/** Makes a slot of silence. */
export function createSlot(kernel: Kernel, hop: number): Slot {
  return { left: kernel.floats(hop), right: kernel.floats(hop) };
}

/** Overlapping windows of both channels, summed from the slot in hand on. */
export class Overlap {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly #kernel: Kernel;
  readonly #hop: number;

  constructor(kernel: Kernel, length: number, hop: number) {
    this.left = kernel.floats(length);
    this.right = kernel.floats(length);
    this.#kernel = kernel;
    this.#hop = hop;
  }

  /** What is left when the slot is done: the part that a state keeps. */
  get kept(): Float32Array[] {
    const { left, right } = this;
    return [left, right].map((sums) => sums.subarray(0, -this.#hop));
  }

  /** Forgets what is not kept. */
  clearRest(): void {
    for (const sums of [this.left, this.right]) sums.fill(0, -this.#hop);
  }

  /** Adds `window` times `signal`, both the kernel's, to `sums`, which are one of the two, from `at` on. */
  add(
    signal: Float32Array,
    window: Float32Array,
    sums: Float32Array,
    at: number,
  ): void {
    this.#kernel.loops.overlapAdd(
      signal.byteOffset,
      window.byteOffset,
      sums.byteOffset + 4 * at,
      signal.length,
    );
  }

  /** Adds the first hop to `slot` and goes on to the next. */
  shiftInto(slot: Slot): void {
    const { shiftAdd } = this.#kernel.loops;
    const { left, right } = this;
    shiftAdd(left.byteOffset, left.length, this.#hop, slot.left.byteOffset);
    shiftAdd(right.byteOffset, right.length, this.#hop, slot.right.byteOffset);
  }
}
