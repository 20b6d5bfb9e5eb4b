/** Linear interpolation of a row of band values at fixed frequencies. */
export class BandInterpolator {
  readonly #below: Uint16Array;
  readonly #above: Uint16Array;
  readonly #weight: Float64Array;

  /**
   * @param centresHz Where the band values hold, rising; flat outside.
   * @param frequenciesHz Where they are wanted.
   */
  constructor(centresHz: readonly number[], frequenciesHz: Float64Array) {
    this.#below = new Uint16Array(frequenciesHz.length);
    this.#above = new Uint16Array(frequenciesHz.length);
    this.#weight = new Float64Array(frequenciesHz.length);
    for (const [i, hz] of frequenciesHz.entries()) {
      const found = centresHz.findIndex((centre) => centre > hz);
      const above = found === -1 ? centresHz.length - 1 : found;
      const below = found === -1 ? above : Math.max(0, found - 1);
      this.#below[i] = below;
      this.#above[i] = above;
      const span = centresHz[above]! - centresHz[below]!;
      this.#weight[i] = span > 0 ? (hz - centresHz[below]!) / span : 0;
    }
  }

  /** Writes to `out` the row that begins at `row` in `values`, interpolated. */
  interpolate(values: Float32Array, row: number, out: Float64Array): void {
    const belows = this.#below;
    const aboves = this.#above;
    const weights = this.#weight;
    for (let i = 0; i < out.length; i++) {
      const below = values[row + belows[i]!]!;
      const above = values[row + aboves[i]!]!;
      out[i] = below + weights[i]! * (above - below);
    }
  }
}

/** Frequencies of the first `bins` bins of a transform of `size` samples, in Hz. */
export function binFrequencies(
  bins: number,
  size: number,
  sampleRateHz: number,
): Float64Array {
  return Float64Array.from(
    { length: bins },
    (_, k) => k * sampleRateHz / size,
  );
}

/** Place of `hz` in the crossfade from tones (0) to noise (1). */
export function crossfadePosition(
  hz: number,
  lowHz: number,
  highHz: number,
): number {
  return Math.min(1, Math.max(0, (hz - lowHz) / (highHz - lowHz)));
}

/** Truncated Gaussian window exp(-pi u^2 / (0.1137 N^2)), u = n - N / 2. */
export function gaussianWindow(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, n) => Math.exp(-Math.PI * (n - size / 2) ** 2 / (0.1137 * size ** 2)),
  );
}

/** Periodic Hann window. */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, n) => 0.5 - 0.5 * Math.cos(2 * Math.PI * n / size),
  );
}

/** Sum of the squares of a window and its shifts by multiples of `hop`: `hop` values. */
export function overlappedPower(
  window: Float64Array,
  hop: number,
): Float64Array {
  const power = new Float64Array(hop);
  for (const [n, value] of window.entries()) power[n % hop]! += value ** 2;
  return power;
}
