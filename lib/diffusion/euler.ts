import type { Denoiser } from "./denoiser.ts";
import { evaluate, renoiseTo, type SamplerOptions } from "./sampler_options.ts";

/**
 * Euler's method on the probability-flow ODE dx = (x - D(x; sigma)) / sigma
 * dsigma; first order, one evaluation a step. With CFG++ it is algorithm 2 of
 * Chung et al. 2024.
 */
export async function euler(
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  { signal, onStep }: SamplerOptions = {},
): Promise<Float32Array> {
  let state = Float64Array.from(x);
  for (let i = 0; i < sigmas.length - 1; i++) {
    const sigma = sigmas[i]!;
    const sigmaNext = sigmas[i + 1]!;
    const prediction = await evaluate(denoiser, state, sigma, signal);
    state = renoiseTo(state, prediction, sigmaNext / sigma);
    onStep?.(i, sigmaNext);
  }
  return Float32Array.from(state);
}
