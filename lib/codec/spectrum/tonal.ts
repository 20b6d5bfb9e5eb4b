import type { InverseFft } from "./fft.ts";
import {
  SAMPLE_RATE_HZ,
  type SpectrumFeatures,
  type SpectrumParams,
} from "./params.ts";
import { PhaseLock } from "./phase_lock.ts";
import { Spread } from "./spread.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";
import {
  BandInterpolator,
  binFrequencies,
  crossfadePosition,
  gaussianWindow,
  overlapAdd,
  overlappedPower,
  shiftAdd,
} from "./tables.ts";

/** The tonal part: a Gaussian STFT with locked phases, inverted by overlap-add. */
export class TonalPart {
  readonly #params: SpectrumParams;
  readonly #fft: InverseFft;
  readonly #phases: PhaseLock;
  readonly #spread: Spread;
  readonly #pan: BandInterpolator;
  /** Panning of the frame in hand, per bin. */
  readonly #panned: Float64Array;
  /** Crossfade gain, halved for the panning, signed to centre the phases on the window. */
  readonly #gain: Float64Array;
  /** Window, scaled by the inverse FFT and the overlapped windows' power. */
  readonly #window: Float64Array;
  /** Sums of the windows so far, from the slot in hand on. */
  readonly #left: Float32Array;
  readonly #right: Float32Array;
  #first = true;

  constructor(params: SpectrumParams, fft: InverseFft) {
    const { n_fft, hop, tonal_bins, cross_lo_hz, cross_hi_hz } = params;
    const frequencies = binFrequencies(tonal_bins, n_fft, SAMPLE_RATE_HZ);
    const turn = 2 * Math.PI * hop / n_fft;
    this.#params = params;
    this.#fft = fft;
    this.#phases = new PhaseLock(tonal_bins, turn, params.sweeps);
    this.#spread = new Spread(params);
    this.#pan = new BandInterpolator(params.pan_bands_hz, frequencies);
    this.#panned = new Float64Array(tonal_bins);
    this.#gain = frequencies.map((hz, k) => {
      const x = crossfadePosition(hz, cross_lo_hz, cross_hi_hz);
      return Math.cos(Math.PI / 2 * x) * (k % 2 === 0 ? 0.5 : -0.5);
    });
    const window = gaussianWindow(n_fft);
    const power = overlappedPower(window, hop);
    this.#window = window.map((w, n) => w / (n_fft * power[n % hop]!));
    this.#left = new Float32Array(n_fft);
    this.#right = new Float32Array(n_fft);
  }

  /** Forgets the past (`state` null) or takes it up. */
  load(state: StateReader | null): void {
    this.#first = state === null;
    const { re, im, magnitude } = this.#phases;
    for (const array of [re, im, magnitude]) loadInto(array, state);
    const { n_fft, hop } = this.#params;
    for (const sums of [this.#left, this.#right]) {
      loadInto(sums.subarray(0, n_fft - hop), state);
      sums.fill(0, n_fft - hop);
    }
  }

  /** Writes what `load` reads. */
  save(state: StateWriter): void {
    const { re, im, magnitude } = this.#phases;
    for (const array of [re, im, magnitude]) state.write(array);
    const { n_fft, hop } = this.#params;
    for (const sums of [this.#left, this.#right]) {
      state.write(sums.subarray(0, n_fft - hop));
    }
  }

  /** Adds frame number `row`, and adds the slot that it completes to `left` and `right` at `at`. */
  render(
    features: SpectrumFeatures,
    row: number,
    left: Float32Array,
    right: Float32Array,
    at: number,
  ): void {
    const { logMag, advance, step, pan, coherence } = features;
    const { hop, pan_bands_hz } = this.#params;
    this.#phases.advance(logMag, advance, step, row, this.#first);
    this.#first = false;
    this.#pan.interpolate(pan, row * pan_bands_hz.length, this.#panned);
    this.#spread.set(coherence, row * pan_bands_hz.length);
    this.#addChannel(1, this.#left);
    this.#addChannel(-1, this.#right);
    shiftAdd(this.#left, hop, left, at);
    shiftAdd(this.#right, hop, right, at);
  }

  /** @param side 1 left, -1 right: L, R = U (1 + side * pan) / 2, turned to that side. */
  #addChannel(side: 1 | -1, sums: Float32Array): void {
    const { re, im, magnitude } = this.#phases;
    const turn = this.#spread;
    const { spectrum, signal } = this.#fft;
    const gain = this.#gain;
    const panned = this.#panned;
    // Bins from K on, and bin N/2 at index 1, are 0 and stay so.
    for (let k = 1; k < re.length; k++) {
      const m = gain[k]! * magnitude[k]! * (1 + side * panned[k]!);
      const cos = turn.re[k]!;
      const sin = side * turn.im[k]!;
      spectrum[2 * k] = m * (re[k]! * cos - im[k]! * sin);
      spectrum[2 * k + 1] = m * (re[k]! * sin + im[k]! * cos);
    }
    const still = re[0]! * turn.re[0]! - im[0]! * side * turn.im[0]!;
    spectrum[0] = gain[0]! * magnitude[0]! * still * (1 + side * panned[0]!);
    this.#fft.run();
    overlapAdd(signal, this.#window, sums, 0);
  }
}
