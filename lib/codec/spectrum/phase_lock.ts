import type { Kernel } from "../kernel/kernel.ts";

/**
 * Phases of the tonal bins, tracked from frame to frame.
 *
 * Two predictions meet in every bin k: the bin's own phase one hop earlier plus
 * the predicted advance T, and the phases of its neighbours plus or minus the
 * predicted step V. Each is a phasor, weighted by the magnitude U that it comes
 * from and by its own confidence (the modulus of T or V). Gauss-Seidel sweeps
 * up and down the bins turn every phase towards the sum:
 *
 *     a[k] = U'[k] z'[k] T[k]      (' = the frame before; 1 in the first frame)
 *     z[k] = unit(a[k] + U[k-1] V[k-1] z[k-1] + U[k+1] conj(V[k]) z[k+1])
 */
export class PhaseLock {
  /** Unit phasors of the newest frame: re, im. */
  readonly phasors: Float32Array;
  /** Magnitudes of the newest frame. */
  readonly magnitude: Float32Array;
  readonly #kernel: Kernel;
  readonly #own: Float32Array;
  readonly #turn: Float32Array;
  readonly #logMag: Float32Array;
  readonly #advance: Float32Array;
  readonly #step: Float32Array;
  readonly #sweeps: number;

  /** @param turn Advance of bin 1 in a hop that `advance` leaves out: 2 pi hop / N. */
  constructor(kernel: Kernel, bins: number, turn: number, sweeps: number) {
    this.#kernel = kernel;
    this.phasors = kernel.floats(2 * bins);
    this.magnitude = kernel.floats(bins);
    this.#own = kernel.floats(2 * bins);
    this.#turn = kernel.floats(2 * bins);
    for (let k = 0; k < bins; k++) {
      this.#turn.set([Math.cos(k * turn), Math.sin(k * turn)], 2 * k);
    }
    this.#logMag = kernel.floats(bins);
    this.#advance = kernel.floats(2 * bins);
    this.#step = kernel.floats(2 * bins);
    this.#sweeps = sweeps;
  }

  /**
   * Goes on by one frame.
   *
   * @param row Index of the frame in the three features.
   * @param first True if there is no frame before.
   */
  advance(
    logMag: Float32Array,
    advance: Float32Array,
    step: Float32Array,
    row: number,
    first: boolean,
  ): void {
    const { loops } = this.#kernel;
    const bins = this.magnitude.length;
    const z = this.phasors.byteOffset;
    const magnitude = this.magnitude.byteOffset;
    const own = this.#own.byteOffset;
    if (first) {
      for (let k = 0; k < bins; k++) this.#own.set([1, 0], 2 * k);
    } else {
      copyRow(advance, row, this.#advance);
      const turned = this.#advance.byteOffset;
      loops.predict(z, magnitude, turned, this.#turn.byteOffset, own, bins);
    }
    copyRow(logMag, row, this.#logMag);
    loops.exponentials(this.#logMag.byteOffset, magnitude, bins);
    copyRow(step, row, this.#step);
    loops.start(z, own, bins);
    for (let sweep = 0; sweep < this.#sweeps; sweep++) {
      const run = sweep % 2 === 0 ? loops.sweepUp : loops.sweepDown;
      run(z, magnitude, this.#step.byteOffset, own, bins);
    }
  }
}

function copyRow(from: Float32Array, row: number, to: Float32Array): void {
  to.set(from.subarray(row * to.length, (row + 1) * to.length));
}
