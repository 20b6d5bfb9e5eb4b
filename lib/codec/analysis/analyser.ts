/**
 * Audio to the features that a "spectrum" decoder predicts: the first half of
 * its encoder, and the twin of the recipe's `codec/features.py`. This module is
 * browser compatible.
 *
 * With N = n_fft, H = hop and F frames to a latent frame, frame t analyses the
 * samples [t H, t H + N): the encoder looks ahead by N - H samples. Features of
 * a latent frame, in this order:
 *
 * 1. (F, tonal_bins) ln(|L| + |R| + floor) under a Gaussian window of N,
 * 2. (F, hf_bands) ln(RMS over the band of |L| + |R| + floor / 3) under a Hann
 *    window of 2 H with the same centre,
 * 3. (pan_bands) (left - right) / (left + right + 1), sums over the F frames,
 * 4. (4 F) ln(RMS + env_floor) of the mid above env_cut_hz, per quarter hop.
 *
 * @module
 */
import { createFfts, type RealFft } from "../fft.ts";
import type { SpectrumParams } from "../spectrum/params.ts";
import { ENV_SEGMENTS, SAMPLE_RATE_HZ } from "../spectrum/params.ts";
import { gaussianWindow, hannWindow } from "../spectrum/tables.ts";
import { highLevels } from "./levels.ts";
import { Magnitudes } from "./magnitudes.ts";
import { Panning } from "./panning.ts";

/** Geometry of the analysis. */
export interface AnalysisParams extends
  Pick<
    SpectrumParams,
    "n_fft" | "hop" | "tonal_bins" | "hf_bands" | "pan_bands_hz" | "env_cut_hz"
  > {
  /** Samples of a latent frame, a multiple of `hop`. */
  latentHop: number;
  /** Added to magnitudes before their logarithm; a third of it to those of noise bands. */
  floor: number;
  /** Added to levels before their logarithm. */
  envFloor: number;
}

interface Channels {
  left: Float64Array;
  right: Float64Array;
}

function channels(bins: number): Channels {
  return { left: new Float64Array(bins), right: new Float64Array(bins) };
}

/** Analyses whole pieces of audio; holds memory for one at a time. */
export class SpectrumAnalyser {
  readonly #params: AnalysisParams;
  readonly #long: Magnitudes;
  readonly #short: Magnitudes;
  readonly #tonal: Channels;
  readonly #noise: Channels;
  /** Bins [from, to) of each noise band. */
  readonly #bands: [from: number, to: number][];
  readonly #panning: Panning;

  /**
   * Use {@linkcode createSpectrumAnalyser}, which loads the FFTs.
   *
   * @param ffts Of `n_fft` and of two hops.
   */
  constructor(params: AnalysisParams, ffts: [RealFft, RealFft]) {
    const { n_fft, hop, tonal_bins, hf_bands, pan_bands_hz } = params;
    const size = 2 * hop;
    this.#params = params;
    this.#long = new Magnitudes(ffts[0], gaussianWindow(n_fft), tonal_bins);
    this.#short = new Magnitudes(ffts[1], hannWindow(size), hop + 1);
    this.#tonal = channels(tonal_bins);
    this.#noise = channels(hop + 1);
    const bin = (hz: number) => Math.ceil(hz * size / SAMPLE_RATE_HZ);
    this.#bands = hf_bands.map(([low, high]) => [bin(low!), bin(high!)]);
    this.#panning = new Panning(pan_bands_hz, n_fft, size);
  }

  /** Features of a latent frame. */
  get size(): number {
    const { tonal_bins, hf_bands, pan_bands_hz } = this.#params;
    const rows = tonal_bins + hf_bands.length + ENV_SEGMENTS;
    return this.#framesPerLatent * rows + pan_bands_hz.length;
  }

  get #framesPerLatent(): number {
    return this.#params.latentHop / this.#params.hop;
  }

  /**
   * Features of the whole latent frames; what lies after the end counts as silence.
   *
   * @returns Row-major (latent frames, `size`).
   */
  features(
    left: Float32Array,
    right: Float32Array,
  ): Float32Array<ArrayBuffer> {
    const { hop, latentHop, env_cut_hz, envFloor } = this.#params;
    const { tonal_bins, hf_bands, pan_bands_hz } = this.#params;
    const latents = Math.floor(left.length / latentHop);
    const perLatent = this.#framesPerLatent;
    const segments = perLatent * ENV_SEGMENTS;
    const out = new Float32Array(latents * this.size);
    const levels = highLevels(left, right, {
      count: latents * segments,
      segment: hop / ENV_SEGMENTS,
      cutHz: env_cut_hz,
      floor: envFloor,
    });
    for (let n = 0; n < latents; n++) {
      const tonal = n * this.size;
      const noise = tonal + perLatent * tonal_bins;
      const pan = noise + perLatent * hf_bands.length;
      for (let f = 0; f < perLatent; f++) {
        this.#frame(left, right, (n * perLatent + f) * hop);
        this.#writeTonal(out, tonal + f * tonal_bins);
        this.#writeNoise(out, noise + f * hf_bands.length);
      }
      this.#panning.take(out, pan);
      const own = levels.subarray(n * segments, (n + 1) * segments);
      out.set(own, pan + pan_bands_hz.length);
    }
    return out;
  }

  #frame(left: Float32Array, right: Float32Array, start: number): void {
    const centred = start + this.#params.n_fft / 2 - this.#params.hop;
    this.#long.read(left, start, this.#tonal.left);
    this.#long.read(right, start, this.#tonal.right);
    this.#short.read(left, centred, this.#noise.left);
    this.#short.read(right, centred, this.#noise.right);
    this.#panning.add(this.#tonal, this.#noise);
  }

  #writeTonal(out: Float32Array, at: number): void {
    const { left, right } = this.#tonal;
    for (let k = 0; k < left.length; k++) {
      out[at + k] = Math.log(left[k]! + right[k]! + this.#params.floor);
    }
  }

  #writeNoise(out: Float32Array, at: number): void {
    const { left, right } = this.#noise;
    for (const [i, [from, to]] of this.#bands.entries()) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += (left[k]! + right[k]!) ** 2;
      const rms = Math.sqrt(sum / (to - from));
      out[at + i] = Math.log(rms + this.#params.floor / 3);
    }
  }
}

/**
 * Loads the FFTs and makes an analyser.
 *
 * @throws {RangeError} If there is no FFT of `n_fft` or of two hops.
 */
export async function createSpectrumAnalyser(
  params: AnalysisParams,
): Promise<SpectrumAnalyser> {
  const [long, short] = await createFfts([params.n_fft, 2 * params.hop]);
  return new SpectrumAnalyser(params, [long!, short!]);
}
