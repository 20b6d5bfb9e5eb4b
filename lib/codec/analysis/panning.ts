import { SAMPLE_RATE_HZ } from "../spectrum/params.ts";

/** From here on a band is measured in the short window, whose attacks are sharper. */
const SHORT_FROM_HZ = 6500;
/** Keeps the panning of silence in the middle. */
const FLOOR = 1;

/** Bins of one panning band. */
interface Band {
  short: boolean;
  /** Bins [from, to). */
  from: number;
  to: number;
}

/** Sums magnitudes by band, left and right, and tells where they lie. */
export class Panning {
  readonly #bands: Band[];
  readonly #left: Float64Array;
  readonly #right: Float64Array;

  /**
   * @param centresHz Centres of the bands, rising; they meet at geometric means.
   * @param longSize Length of the long window.
   * @param shortSize Length of the short window.
   */
  constructor(
    centresHz: readonly number[],
    longSize: number,
    shortSize: number,
  ) {
    const inner = centresHz.slice(1).map((hz, i) =>
      Math.sqrt(hz * centresHz[i]!)
    );
    const edges = [0, ...inner, SAMPLE_RATE_HZ / 2];
    this.#bands = centresHz.map((_, i) => {
      const short = edges[i + 1]! >= SHORT_FROM_HZ;
      const stepHz = SAMPLE_RATE_HZ / (short ? shortSize : longSize);
      const from = Math.ceil(edges[i]! / stepHz);
      const to = Math.max(from + 1, Math.ceil(edges[i + 1]! / stepHz));
      return { short, from, to };
    });
    this.#left = new Float64Array(centresHz.length);
    this.#right = new Float64Array(centresHz.length);
  }

  /** Adds the magnitudes of one frame. */
  add(
    long: { left: Float64Array; right: Float64Array },
    short: { left: Float64Array; right: Float64Array },
  ): void {
    for (const [i, band] of this.#bands.entries()) {
      const { left, right } = band.short ? short : long;
      for (let k = band.from; k < band.to; k++) {
        this.#left[i]! += left[k]!;
        this.#right[i]! += right[k]!;
      }
    }
  }

  /** Writes -1 (right alone) to 1 (left alone) for each band to `out` at `at`, and starts anew. */
  take(out: Float32Array, at: number): void {
    for (let i = 0; i < this.#bands.length; i++) {
      const left = this.#left[i]!;
      const right = this.#right[i]!;
      out[at + i] = (left - right) / (left + right + FLOOR);
    }
    this.#left.fill(0);
    this.#right.fill(0);
  }
}
