/** Below this modulus a sum of phasors has no direction worth keeping. */
const NO_DIRECTION = 1e-12;

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
  /** Unit phasors of the newest frame, real parts. */
  readonly re: Float32Array;
  /** Imaginary parts. */
  readonly im: Float32Array;
  /** Magnitudes of the newest frame. */
  readonly magnitude: Float32Array;
  readonly #ownRe: Float64Array;
  readonly #ownIm: Float64Array;
  readonly #turnRe: Float64Array;
  readonly #turnIm: Float64Array;
  readonly #sweeps: number;

  /** @param turn Advance of bin 1 in a hop that `advance` leaves out: 2 pi hop / N. */
  constructor(bins: number, turn: number, sweeps: number) {
    this.re = new Float32Array(bins);
    this.im = new Float32Array(bins);
    this.magnitude = new Float32Array(bins);
    this.#ownRe = new Float64Array(bins);
    this.#ownIm = new Float64Array(bins);
    this.#turnRe = Float64Array.from(this.re, (_, k) => Math.cos(k * turn));
    this.#turnIm = Float64Array.from(this.re, (_, k) => Math.sin(k * turn));
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
    const bins = this.re.length;
    if (first) {
      this.#ownRe.fill(1);
      this.#ownIm.fill(0);
    } else {
      this.#predict(advance, 2 * row * bins);
    }
    for (let k = 0; k < bins; k++) {
      this.magnitude[k] = Math.exp(logMag[row * bins + k]!);
    }
    this.#start();
    for (let sweep = 0; sweep < this.#sweeps; sweep++) {
      this.#sweep(step, 2 * row * bins, sweep % 2 === 0);
    }
  }

  /** a[k], from the state of the frame before. */
  #predict(advance: Float32Array, at: number): void {
    const { re, im, magnitude } = this;
    const turnRe = this.#turnRe;
    const turnIm = this.#turnIm;
    for (let k = 0; k < re.length; k++) {
      const dRe = advance[at + 2 * k]!;
      const dIm = advance[at + 2 * k + 1]!;
      const tRe = dRe * turnRe[k]! - dIm * turnIm[k]!;
      const tIm = dRe * turnIm[k]! + dIm * turnRe[k]!;
      const u = magnitude[k]!;
      this.#ownRe[k] = u * (re[k]! * tRe - im[k]! * tIm);
      this.#ownIm[k] = u * (re[k]! * tIm + im[k]! * tRe);
    }
  }

  /** z[k] = unit(a[k]), or 1. */
  #start(): void {
    for (let k = 0; k < this.re.length; k++) {
      const aRe = this.#ownRe[k]!;
      const aIm = this.#ownIm[k]!;
      const modulus = Math.sqrt(aRe * aRe + aIm * aIm);
      const directed = modulus >= NO_DIRECTION;
      this.re[k] = directed ? aRe / modulus : 1;
      this.im[k] = directed ? aIm / modulus : 0;
    }
  }

  #sweep(step: Float32Array, at: number, upwards: boolean): void {
    const { re, im, magnitude } = this;
    const ownRe = this.#ownRe;
    const ownIm = this.#ownIm;
    const bins = re.length;
    for (let i = 0; i < bins; i++) {
      const k = upwards ? i : bins - 1 - i;
      let sumRe = ownRe[k]!;
      let sumIm = ownIm[k]!;
      if (k > 0) {
        const u = magnitude[k - 1]!;
        const vRe = step[at + 2 * k - 2]!;
        const vIm = step[at + 2 * k - 1]!;
        sumRe += u * (vRe * re[k - 1]! - vIm * im[k - 1]!);
        sumIm += u * (vRe * im[k - 1]! + vIm * re[k - 1]!);
      }
      if (k + 1 < bins) {
        const u = magnitude[k + 1]!;
        const vRe = step[at + 2 * k]!;
        const vIm = step[at + 2 * k + 1]!;
        sumRe += u * (vRe * re[k + 1]! + vIm * im[k + 1]!);
        sumIm += u * (vRe * im[k + 1]! - vIm * re[k + 1]!);
      }
      const modulus = Math.sqrt(sumRe * sumRe + sumIm * sumIm);
      if (modulus < NO_DIRECTION) continue;
      re[k] = sumRe / modulus;
      im[k] = sumIm / modulus;
    }
  }
}
