/**
 * Sizes of the tiny packages.
 *
 * @module
 */
import type { SpectrumParams } from "../../lib/codec/mod.ts";

/** Latent channels. */
export const LATENT_CHANNELS = 16;
/** Samples of one latent frame at 48 kHz. */
export const HOP_SAMPLES = 3840;
/** Prompt tokens of an encoded text, and the length of each. */
export const PROMPT_TOKENS = 4;
export const PROMPT_DIMS = 16;
/** Control channels, group by group. */
export const LAYOUT: [string, number][] = [
  ["beat", 5],
  ["chord", 25],
  ["key", 13],
  ["parts", 5],
  ["density", 2],
  ["brightness", 2],
  ["energy", 2],
];
export const CONTROL_CHANNELS = LAYOUT.reduce((sum, [, n]) => sum + n, 0);

/** STFT frames of one latent frame. */
export const STFT_FRAMES = 8;
/** Envelope values of one STFT frame. */
export const ENVELOPE_VALUES = 4;

/** Edges of the noise bands, which widen upwards. */
const HF_EDGES_HZ = [4000, 5000, 6000, 7500, 9500, 12_000, 15_000, 19_000];

/** Synthesis parameters of the package with a spectrum decoder. */
export const SPECTRUM: SpectrumParams = {
  n_fft: 2880,
  hop: 480,
  tonal_bins: 421,
  hf_bands: HF_EDGES_HZ.slice(1).map((high, i) => [HF_EDGES_HZ[i]!, high]),
  pan_bands_hz: [200, 500, 1000, 2000, 4000, 8000, 14_000],
  cross_lo_hz: 5000,
  cross_hi_hz: 7000,
  sweeps: 2,
  spread_rad: 1.7,
  env_cut_hz: 3000,
};
