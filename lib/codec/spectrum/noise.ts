import { philox4x32, PHILOX_WORDS } from "../../diffusion/philox.ts";
import type { InverseFft } from "./fft.ts";
import {
  SAMPLE_RATE_HZ,
  type SpectrumFeatures,
  type SpectrumParams,
} from "./params.ts";
import { loadInto, type StateReader, type StateWriter } from "./state.ts";
import {
  BandInterpolator,
  binFrequencies,
  crossfadePosition,
  hannWindow,
  overlapAdd,
  overlappedPower,
  shiftAdd,
} from "./tables.ts";

const KEY0 = 0x50524553;
const KEY1 = 0x5449;

/** Phases are bytes: noise needs no finer ones, a table gives them, and a word holds four. */
const ANGLES = 256;
const BYTES_PER_WORD = 4;
const COS = Float64Array.from(
  { length: ANGLES },
  (_, i) => Math.cos(2 * Math.PI * i / ANGLES),
);
const SIN = Float64Array.from(
  { length: ANGLES },
  (_, i) => Math.sin(2 * Math.PI * i / ANGLES),
);

/**
 * The noise part: two frames of random phases per hop, under a Hann window of
 * two hops, with the magnitudes of the noise bands.
 */
export class NoisePart {
  readonly #params: SpectrumParams;
  readonly #fft: InverseFft;
  readonly #pan: BandInterpolator;
  /** Panning and coherence of the frame in hand, per sounding bin. */
  readonly #panned: Float64Array;
  readonly #coherence: Float64Array;
  /** Bins that sound: number, band, crossfade gain halved for the panning. */
  readonly #bins: Uint16Array;
  readonly #bands: Uint16Array;
  readonly #gains: Float64Array;
  readonly #window: Float64Array;
  /** Sums of the windows so far, from the slot in hand on. */
  readonly #left: Float32Array;
  readonly #right: Float32Array;
  readonly #previous: Float32Array;
  readonly #magnitudes: Float64Array;
  /** Spectra of the frame in hand: re, im of each sounding bin, both channels. */
  readonly #leftSpectrum: Float64Array;
  readonly #rightSpectrum: Float64Array;
  readonly #words = new Uint32Array(PHILOX_WORDS);
  #first = true;

  /** @param fft Of two hops. */
  constructor(params: SpectrumParams, fft: InverseFft) {
    const { n_fft, hop, hf_bands, cross_lo_hz, cross_hi_hz } = params;
    const frequencies = binFrequencies(fft.size / 2, fft.size, SAMPLE_RATE_HZ);
    const bandOf = frequencies.map((hz) =>
      hf_bands.findIndex(([low, high]) => low! <= hz && hz < high!)
    );
    const gainOf = frequencies.map((hz) =>
      Math.sin(
        Math.PI / 2 * crossfadePosition(hz, cross_lo_hz, cross_hi_hz),
      ) / 2
    );
    this.#params = params;
    this.#fft = fft;
    this.#bins = Uint16Array.from(frequencies.keys())
      .filter((k) => k > 0 && bandOf[k]! >= 0 && gainOf[k]! > 0);
    this.#bands = this.#bins.map((k) => bandOf[k]!);
    this.#gains = Float64Array.from(this.#bins, (k) => gainOf[k]!);
    this.#pan = new BandInterpolator(
      params.pan_bands_hz,
      Float64Array.from(this.#bins, (k) => frequencies[k]!),
    );
    this.#panned = new Float64Array(this.#bins.length);
    this.#coherence = new Float64Array(this.#bins.length);
    this.#window = noiseWindow(fft.size, hop / 2);
    // The newest frame ends one hop after the centre of the tonal frame.
    this.#left = new Float32Array(n_fft / 2 + hop);
    this.#right = new Float32Array(n_fft / 2 + hop);
    this.#previous = new Float32Array(hf_bands.length);
    this.#magnitudes = new Float64Array(hf_bands.length);
    this.#leftSpectrum = new Float64Array(2 * this.#bins.length);
    this.#rightSpectrum = new Float64Array(2 * this.#bins.length);
  }

  /** Forgets the past (`state` null) or takes it up. */
  load(state: StateReader | null): void {
    this.#first = state === null;
    loadInto(this.#previous, state);
    for (const sums of [this.#left, this.#right]) {
      const kept = sums.length - this.#params.hop;
      loadInto(sums.subarray(0, kept), state);
      sums.fill(0, kept);
    }
  }

  /** Writes what `load` reads. */
  save(state: StateWriter): void {
    state.write(this.#previous);
    for (const sums of [this.#left, this.#right]) {
      state.write(sums.subarray(0, sums.length - this.#params.hop));
    }
  }

  /** Adds frame number `row`, the `t`-th ever, and adds its slot to `left` and `right` at `at`. */
  render(
    features: SpectrumFeatures,
    row: number,
    t: number,
    left: Float32Array,
    right: Float32Array,
    at: number,
  ): void {
    const { hf, pan, coherence } = features;
    const { n_fft, hop } = this.#params;
    const bands = this.#previous.length;
    const panRow = row * this.#params.pan_bands_hz.length;
    this.#pan.interpolate(pan, panRow, this.#panned);
    this.#pan.interpolate(coherence, panRow, this.#coherence);

    // The slot in hand begins N / 2 before the centre of the tonal frame, where
    // noise frame 2t + 1 is centred too; frame 2t lies half a hop earlier.
    for (let b = 0; b < bands; b++) {
      const now = hf[row * bands + b]!;
      const before = this.#first ? now : this.#previous[b]!;
      this.#magnitudes[b] = Math.exp((before + now) / 2);
    }
    this.#frame(2 * t, n_fft / 2 - hop - hop / 2);
    for (let b = 0; b < bands; b++) {
      const now = hf[row * bands + b]!;
      this.#magnitudes[b] = Math.exp(now);
      this.#previous[b] = now;
    }
    this.#frame(2 * t + 1, n_fft / 2 - hop);
    this.#first = false;

    shiftAdd(this.#left, hop, left, at);
    shiftAdd(this.#right, hop, right, at);
  }

  #frame(j: number, at: number): void {
    this.#draw(j);
    this.#addChannel(this.#leftSpectrum, this.#left, at);
    this.#addChannel(this.#rightSpectrum, this.#right, at);
  }

  /** Both spectra of noise frame `j`: a common phasor and one of each channel's own. */
  #draw(j: number): void {
    const words = this.#words;
    const left = this.#leftSpectrum;
    const right = this.#rightSpectrum;
    let drawn = -1;
    for (let i = 0; i < this.#bins.length; i++) {
      const k = this.#bins[i]!;
      const group = Math.trunc(k / BYTES_PER_WORD);
      if (group !== drawn) philox4x32(KEY0, KEY1, j, group, 0, 0, words);
      drawn = group;
      const shift = 8 * (k % BYTES_PER_WORD);
      const c = (words[0]! >>> shift) & 255;
      const l = (words[1]! >>> shift) & 255;
      const r = (words[2]! >>> shift) & 255;
      const common = Math.sqrt(this.#coherence[i]!);
      const own = Math.sqrt(1 - this.#coherence[i]!);
      const magnitude = this.#gains[i]! * this.#magnitudes[this.#bands[i]!]!;
      const onLeft = magnitude * (1 + this.#panned[i]!);
      const onRight = magnitude * (1 - this.#panned[i]!);
      left[2 * i] = onLeft * (common * COS[c]! + own * COS[l]!);
      left[2 * i + 1] = onLeft * (common * SIN[c]! + own * SIN[l]!);
      right[2 * i] = onRight * (common * COS[c]! + own * COS[r]!);
      right[2 * i + 1] = onRight * (common * SIN[c]! + own * SIN[r]!);
    }
  }

  #addChannel(values: Float64Array, sums: Float32Array, at: number): void {
    const { spectrum, signal } = this.#fft;
    const bins = this.#bins;
    for (let i = 0; i < bins.length; i++) {
      const k = bins[i]!;
      spectrum[2 * k] = values[2 * i]!;
      spectrum[2 * k + 1] = values[2 * i + 1]!;
    }
    this.#fft.run();
    overlapAdd(signal, this.#window, sums, at);
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
