/** Parameters and features for the tests of the spectrum synthesis. */
import type {
  SpectrumFeatures,
  SpectrumParams,
} from "../../../lib/codec/mod.ts";
import { whiteNoise } from "../../audio/signals.ts";

/** Geometry of the shipped kind of package. */
export const PARAMS: SpectrumParams = {
  n_fft: 2880,
  hop: 480,
  tonal_bins: 421,
  hf_bands: Array.from({ length: 12 }, (_, i) => [
    5000 + 1000 * i,
    6000 + 1000 * i,
  ]),
  pan_bands_hz: [100, 400, 1600, 6400],
  cross_lo_hz: 5000,
  cross_hi_hz: 7000,
  sweeps: 2,
  spread_rad: 1.7,
  env_cut_hz: 3000,
};

/** Random features, level-headed enough to sound like something. */
export function randomFeatures(
  frames: number,
  params: SpectrumParams = PARAMS,
): SpectrumFeatures {
  let seed = 0;
  function random(width: number, scale: number, offset = 0): Float32Array {
    const values = whiteNoise(frames * width, ++seed);
    return values.map((value) => offset + scale * value);
  }
  return {
    logMag: random(params.tonal_bins, 3, 1),
    hf: random(params.hf_bands.length, 1, -2),
    pan: random(params.pan_bands_hz.length, 1),
    coherence: random(params.pan_bands_hz.length, 0.4, 0.5),
    advance: random(2 * params.tonal_bins, 1),
    step: random(2 * params.tonal_bins, 1),
    env: random(4, 2, -3),
  };
}

/** Features of silence, neutral in everything. */
export function silentFeatures(
  frames: number,
  params: SpectrumParams = PARAMS,
): SpectrumFeatures {
  const ones = new Float32Array(2 * frames * params.tonal_bins);
  for (let i = 0; i < ones.length; i += 2) ones[i] = 1;
  return {
    logMag: new Float32Array(frames * params.tonal_bins).fill(-40),
    hf: new Float32Array(frames * params.hf_bands.length).fill(-40),
    pan: new Float32Array(frames * params.pan_bands_hz.length),
    coherence: new Float32Array(frames * params.pan_bands_hz.length).fill(1),
    advance: ones,
    step: ones.slice(),
    env: new Float32Array(4 * frames).fill(Math.log(1e-5)),
  };
}

/** Frames `from` to `to` of `features`. */
export function cutFeatures(
  features: SpectrumFeatures,
  from: number,
  to: number,
): SpectrumFeatures {
  const frames = features.env.length / 4;
  function cut(values: Float32Array): Float32Array {
    const width = values.length / frames;
    return values.slice(from * width, to * width);
  }
  return {
    logMag: cut(features.logMag),
    hf: cut(features.hf),
    pan: cut(features.pan),
    coherence: cut(features.coherence),
    advance: cut(features.advance),
    step: cut(features.step),
    env: cut(features.env),
  };
}
