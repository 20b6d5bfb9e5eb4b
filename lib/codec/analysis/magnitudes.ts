import type { RealFft } from "../fft.ts";

/** Magnitudes of one channel's STFT. */
export class Magnitudes {
  readonly #fft: RealFft;
  readonly #window: Float32Array;
  /** Bins kept from 0 Hz on. */
  readonly bins: number;

  constructor(fft: RealFft, window: Float64Array, bins: number) {
    this.#fft = fft;
    this.#window = Float32Array.from(window);
    this.bins = bins;
  }

  /**
   * Transforms the window that begins at `start`; samples after the end of
   * `channel` are zero.
   *
   * @param out Magnitudes of `bins` bins.
   */
  read(channel: Float32Array, start: number, out: Float64Array): void {
    const { signal, spectrum, size } = this.#fft;
    const window = this.#window;
    for (let i = 0; i < size; i++) {
      signal[i] = window[i]! * (channel[start + i] ?? 0);
    }
    this.#fft.forward();
    out[0] = Math.abs(spectrum[0]!);
    for (let k = 1; k < this.bins; k++) {
      // `Math.hypot` guards against overflow at a tenth of the speed.
      out[k] = Math.sqrt(spectrum[2 * k]! ** 2 + spectrum[2 * k + 1]! ** 2);
    }
    if (2 * (this.bins - 1) === size) {
      out[this.bins - 1] = Math.abs(spectrum[1]!);
    }
  }
}
