import type { RealFft } from "../fft.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { ChangingRow } from "./changing_row.ts";
import {
  SAMPLE_RATE_HZ,
  type SpectrumFeatures,
  type SpectrumParams,
} from "./params.ts";
import { Overlap, type Slot } from "./slot.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";
import {
  BandInterpolator,
  binFrequencies,
  crossfadePosition,
  hannWindow,
  overlappedPower,
} from "./tables.ts";

/** Phases are bytes: noise needs no finer ones, and a table gives them. */
const ANGLES = 256;

/**
 * The noise part: two frames of random phases per hop, under a Hann window of
 * two hops, with the magnitudes of the noise bands.
 */
export class NoisePart {
  readonly #kernel: Kernel;
  readonly #params: SpectrumParams;
  readonly #fft: RealFft;
  readonly #pan: BandInterpolator;
  readonly #panRow: ChangingRow;
  readonly #coherenceRow: ChangingRow;
  /** Panning and coherence of the frame in hand, per bin. */
  readonly #panned: Float64Array;
  readonly #coherence: Float64Array;
  /** The first bin that sounds. */
  readonly #from: number;
  /** From there on: band, and crossfade gain halved for the panning, 0 where a bin is silent. */
  readonly #bands: Uint16Array;
  readonly #gain: Float64Array;
  /** Levels of the common phasor on the left and the right, then of each channel's own. */
  readonly #gains: Float32Array;
  readonly #circle: Float32Array;
  readonly #leftSpectrum: Float32Array;
  readonly #rightSpectrum: Float32Array;
  readonly #signal: Float32Array;
  readonly #window: Float32Array;
  readonly #sums: Overlap;
  readonly #previous: Float32Array;
  /** Logarithms, then magnitudes of the bands in the frame in hand. */
  readonly #magnitudes: Float32Array;
  #first = true;

  /** @param fft Of two hops. */
  constructor(kernel: Kernel, params: SpectrumParams, fft: RealFft) {
    const { n_fft, hop, hf_bands, pan_bands_hz } = params;
    const frequencies = binFrequencies(fft.size / 2, fft.size, SAMPLE_RATE_HZ);
    const bandOf = frequencies.map((hz) =>
      hf_bands.findIndex(([low, high]) => low! <= hz && hz < high!)
    );
    const gainOf = frequencies.map((hz, k) => {
      const { cross_lo_hz, cross_hi_hz } = params;
      const x = crossfadePosition(hz, cross_lo_hz, cross_hi_hz);
      return k > 0 && bandOf[k]! >= 0 ? Math.sin(Math.PI / 2 * x) / 2 : 0;
    });
    const sounds = (gain: number) => gain > 0;
    const from = Math.max(0, gainOf.findIndex(sounds));
    const to = gainOf.findLastIndex(sounds) + 1;
    const bins = to - from;
    this.#kernel = kernel;
    this.#params = params;
    this.#fft = fft;
    this.#from = from;
    this.#bands = kernel.words(bins);
    this.#bands.set(bandOf.slice(from, to).map((band) => Math.max(0, band)));
    this.#gain = gainOf.slice(from, to);
    this.#pan = new BandInterpolator(pan_bands_hz, frequencies.slice(from, to));
    this.#panRow = new ChangingRow(pan_bands_hz.length);
    this.#coherenceRow = new ChangingRow(pan_bands_hz.length);
    this.#panned = new Float64Array(bins);
    this.#coherence = new Float64Array(bins);
    this.#gains = kernel.floats(4 * bins);
    this.#circle = kernel.floats(2 * ANGLES);
    for (let i = 0; i < ANGLES; i++) {
      const angle = 2 * Math.PI * i / ANGLES;
      this.#circle.set([Math.cos(angle), Math.sin(angle)], 2 * i);
    }
    this.#leftSpectrum = kernel.floats(2 * to);
    this.#rightSpectrum = kernel.floats(2 * to);
    this.#signal = kernel.floats(fft.size);
    this.#window = kernel.floats(fft.size);
    this.#window.set(noiseWindow(fft.size, hop / 2));
    // The newest frame ends one hop after the centre of the tonal frame.
    this.#sums = new Overlap(kernel, n_fft / 2 + hop, hop);
    this.#previous = new Float32Array(hf_bands.length);
    this.#magnitudes = kernel.floats(hf_bands.length);
  }

  /** Forgets the past (`state` null) or takes it up. */
  load(state: StateReader | null): void {
    this.#first = state === null;
    for (const array of [this.#previous, ...this.#sums.kept]) {
      loadInto(array, state);
    }
    this.#sums.clearRest();
  }

  /** Writes what `load` reads. */
  save(state: StateWriter): void {
    for (const array of [this.#previous, ...this.#sums.kept]) {
      state.write(array);
    }
  }

  /** Adds frame number `row`, the `t`-th ever, and adds what it completes to `slot`. */
  render(
    features: SpectrumFeatures,
    row: number,
    t: number,
    slot: Slot,
  ): void {
    const { hf, pan, coherence } = features;
    const { n_fft, hop } = this.#params;
    const previous = this.#previous;
    const bands = previous.length;
    this.#place(pan, coherence, row * this.#panRow.values.length);

    // The slot in hand begins N / 2 before the centre of the tonal frame, where
    // noise frame 2t + 1 is centred too; frame 2t lies half a hop earlier.
    for (let b = 0; b < bands; b++) {
      const now = hf[row * bands + b]!;
      const before = this.#first ? now : previous[b]!;
      this.#magnitudes[b] = (before + now) / 2;
    }
    this.#frame(2 * t, n_fft / 2 - hop - hop / 2);
    for (let b = 0; b < bands; b++) previous[b] = hf[row * bands + b]!;
    this.#magnitudes.set(previous);
    this.#frame(2 * t + 1, n_fft / 2 - hop);
    this.#first = false;
    this.#sums.shiftInto(slot);
  }

  #place(pan: Float32Array, coherence: Float32Array, at: number): void {
    const panned = this.#panRow.take(pan, at);
    const other = this.#coherenceRow.take(coherence, at);
    if (!panned && !other) return;
    this.#pan.interpolate(pan, at, this.#panned);
    this.#pan.interpolate(coherence, at, this.#coherence);
    for (let i = 0; i < this.#gain.length; i++) {
      const common = Math.sqrt(this.#coherence[i]!);
      const own = Math.sqrt(1 - this.#coherence[i]!);
      const left = this.#gain[i]! * (1 + this.#panned[i]!);
      const right = this.#gain[i]! * (1 - this.#panned[i]!);
      this.#gains[4 * i] = left * common;
      this.#gains[4 * i + 1] = right * common;
      this.#gains[4 * i + 2] = left * own;
      this.#gains[4 * i + 3] = right * own;
    }
  }

  /** Noise frame `j`: in every bin a common phasor and one of each channel's own. */
  #frame(j: number, at: number): void {
    const { loops } = this.#kernel;
    const magnitudes = this.#magnitudes.byteOffset;
    loops.exponentials(magnitudes, magnitudes, this.#magnitudes.length);
    loops.drawNoise(
      j,
      this.#from,
      this.#from + this.#gain.length,
      this.#bands.byteOffset,
      magnitudes,
      this.#gains.byteOffset,
      this.#circle.byteOffset,
      this.#leftSpectrum.byteOffset,
      this.#rightSpectrum.byteOffset,
    );
    this.#addChannel(this.#leftSpectrum, this.#sums.left, at);
    this.#addChannel(this.#rightSpectrum, this.#sums.right, at);
  }

  #addChannel(values: Float32Array, sums: Float32Array, at: number): void {
    const { spectrum, signal } = this.#fft;
    spectrum.set(values);
    this.#fft.inverse();
    this.#signal.set(signal);
    this.#sums.add(this.#signal, this.#window, sums, at);
  }
}

/**
 * Hann window, scaled by the inverse FFT and so that noise keeps its level.
 *
 * A frame with random phases is stationary: of the energy of the windowed frame
 * whose magnitudes it has, each sample gets the mean, mean(w^2) of the signal's
 * power. The frames are independent, so their powers add up, by sum(w^2) at
 * this hop. Amplitudes are divided by the root of both: sqrt(0.375 * 1.5).
 */
function noiseWindow(size: number, hop: number): Float64Array {
  const window = hannWindow(size);
  const overlapped = overlappedPower(window, hop)[0]!;
  const mean = overlapped * hop / size;
  return window.map((w) => w / (size * Math.sqrt(mean * overlapped)));
}
