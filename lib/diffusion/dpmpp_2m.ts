import type { Denoiser } from "./denoiser.ts";
import {
  evaluate,
  type Prediction,
  renoiseTo,
  type SamplerOptions,
} from "./sampler_options.ts";
import { towards } from "./vector.ts";

/**
 * DPM-Solver++(2M), algorithm 2 of Lu et al. 2022, in lambda = -ln(sigma): the
 * prediction is extrapolated to the middle of the step from the one before.
 * Second order, one evaluation a step. The first step, and a last one to 0, are
 * of first order.
 */
export async function dpmpp2m(
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  { signal, onStep }: SamplerOptions = {},
): Promise<Float32Array> {
  let state = new Float64Array(x);
  let previous: Prediction | null = null;
  for (let i = 0; i < sigmas.length - 1; i++) {
    const sigma = sigmas[i]!;
    const sigmaNext = sigmas[i + 1]!;
    const prediction = await evaluate(denoiser, state, sigma, signal);
    let used = prediction;
    if (previous !== null && sigmaNext > 0) {
      const h = Math.log(sigma / sigmaNext);
      const hPrevious = Math.log(sigmas[i - 1]! / sigma);
      used = extrapolate(previous, prediction, h / (2 * hPrevious));
    }
    state = renoiseTo(state, used, sigmaNext / sigma);
    previous = prediction;
    onStep?.(i, sigmaNext);
  }
  return new Float32Array(state);
}

/** now + weight (now - before). */
function extrapolate(
  before: Prediction,
  now: Prediction,
  weight: number,
): Prediction {
  const denoised = towards(now.denoised, before.denoised, -weight);
  // Without CFG++ both are one.
  const renoise = now.renoise === now.denoised
    ? denoised
    : towards(now.renoise, before.renoise, -weight);
  return { denoised, renoise };
}
