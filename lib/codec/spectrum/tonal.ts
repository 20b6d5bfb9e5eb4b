import type { RealFft } from "../fft.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { ChangingRow } from "./changing_row.ts";
import {
  SAMPLE_RATE_HZ,
  type SpectrumFeatures,
  type SpectrumParams,
} from "./params.ts";
import { PhaseLock } from "./phase_lock.ts";
import { Overlap, type Slot } from "./slot.ts";
import { Spread } from "./spread.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";
import {
  BandInterpolator,
  binFrequencies,
  crossfadePosition,
  gaussianWindow,
  overlappedPower,
} from "./tables.ts";

/** The tonal part: a Gaussian STFT with locked phases, inverted by overlap-add. */
export class TonalPart {
  readonly #kernel: Kernel;
  readonly #fft: RealFft;
  readonly #phases: PhaseLock;
  readonly #spread: Spread;
  readonly #pan: BandInterpolator;
  readonly #panRow: ChangingRow;
  readonly #coherenceRow: ChangingRow;
  /** Panning of the frame in hand, per bin. */
  readonly #panned: Float64Array;
  /** Crossfade gain, halved for the panning, signed to centre the phases on the window. */
  readonly #gain: Float64Array;
  /** Per bin, what turns U z into the left and the right channel: re, im of each. */
  readonly #gains: Float32Array;
  readonly #leftSpectrum: Float32Array;
  readonly #rightSpectrum: Float32Array;
  readonly #signal: Float32Array;
  /** Window, scaled by the inverse FFT and the overlapped windows' power. */
  readonly #window: Float32Array;
  readonly #sums: Overlap;
  #first = true;

  constructor(kernel: Kernel, params: SpectrumParams, fft: RealFft) {
    const { n_fft, hop, tonal_bins, cross_lo_hz, cross_hi_hz } = params;
    const bands = params.pan_bands_hz.length;
    const frequencies = binFrequencies(tonal_bins, n_fft, SAMPLE_RATE_HZ);
    const turn = 2 * Math.PI * hop / n_fft;
    this.#kernel = kernel;
    this.#fft = fft;
    this.#phases = new PhaseLock(kernel, tonal_bins, turn, params.sweeps);
    this.#spread = new Spread(params);
    this.#pan = new BandInterpolator(params.pan_bands_hz, frequencies);
    this.#panRow = new ChangingRow(bands);
    this.#coherenceRow = new ChangingRow(bands);
    this.#panned = new Float64Array(tonal_bins);
    this.#gain = frequencies.map((hz, k) => {
      const x = crossfadePosition(hz, cross_lo_hz, cross_hi_hz);
      return Math.cos(Math.PI / 2 * x) * (k % 2 === 0 ? 0.5 : -0.5);
    });
    this.#gains = kernel.floats(4 * tonal_bins);
    this.#leftSpectrum = kernel.floats(2 * tonal_bins);
    this.#rightSpectrum = kernel.floats(2 * tonal_bins);
    this.#signal = kernel.floats(n_fft);
    const window = gaussianWindow(n_fft);
    const power = overlappedPower(window, hop);
    this.#window = kernel.floats(n_fft);
    this.#window.set(window.map((w, n) => w / (n_fft * power[n % hop]!)));
    this.#sums = new Overlap(kernel, n_fft, hop);
  }

  /** Forgets the past (`state` null) or takes it up. */
  load(state: StateReader | null): void {
    this.#first = state === null;
    const { phasors, magnitude } = this.#phases;
    const arrays = [phasors, magnitude, ...this.#sums.kept];
    for (const array of arrays) loadInto(array, state);
    this.#sums.clearRest();
  }

  /** Writes what `load` reads. */
  save(state: StateWriter): void {
    const { phasors, magnitude } = this.#phases;
    const arrays = [phasors, magnitude, ...this.#sums.kept];
    for (const array of arrays) state.write(array);
  }

  /** Adds frame number `row`, and adds what it completes to `slot`. */
  render(features: SpectrumFeatures, row: number, slot: Slot): void {
    const { logMag, advance, step, pan, coherence } = features;
    this.#phases.advance(logMag, advance, step, row, this.#first);
    this.#first = false;
    this.#place(pan, coherence, row * this.#panRow.values.length);
    const { phasors, magnitude } = this.#phases;
    this.#kernel.loops.placeTones(
      phasors.byteOffset,
      magnitude.byteOffset,
      this.#gains.byteOffset,
      this.#leftSpectrum.byteOffset,
      this.#rightSpectrum.byteOffset,
      magnitude.length,
    );
    this.#addChannel(this.#leftSpectrum, this.#sums.left);
    this.#addChannel(this.#rightSpectrum, this.#sums.right);
    this.#sums.shiftInto(slot);
  }

  /** L, R = U (1 + side * pan) / 2, turned to that side. */
  #place(pan: Float32Array, coherence: Float32Array, at: number): void {
    const panned = this.#panRow.take(pan, at);
    const turned = this.#coherenceRow.take(coherence, at);
    if (turned) this.#spread.set(coherence, at);
    if (panned) this.#pan.interpolate(pan, at, this.#panned);
    if (!panned && !turned) return;
    const { re, im } = this.#spread;
    for (let k = 0; k < re.length; k++) {
      const left = this.#gain[k]! * (1 + this.#panned[k]!);
      const right = this.#gain[k]! * (1 - this.#panned[k]!);
      this.#gains[4 * k] = left * re[k]!;
      this.#gains[4 * k + 1] = left * im[k]!;
      this.#gains[4 * k + 2] = right * re[k]!;
      this.#gains[4 * k + 3] = -right * im[k]!;
    }
  }

  #addChannel(values: Float32Array, sums: Float32Array): void {
    const { spectrum, signal } = this.#fft;
    // Bins from K on are 0 and stay so; at index 1 is bin N/2.
    values[1] = 0;
    spectrum.set(values);
    this.#fft.inverse();
    this.#signal.set(signal);
    this.#sums.add(this.#signal, this.#window, sums, 0);
  }
}
