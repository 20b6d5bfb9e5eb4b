import type { Denoiser } from "./denoiser.ts";
import { evaluate, renoiseTo, type SamplerOptions } from "./sampler_options.ts";

/**
 * DPM-Solver++(2S), algorithm 1 of Lu et al. 2022 with r = 1/2, in
 * lambda = -ln(sigma): the prediction at the geometric mean of both levels makes
 * the step. Second order, two evaluations a step and one in a last step to 0
 * (where lambda is infinite and the first-order step is exact).
 */
export async function dpmpp2s(
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  { signal, onStep }: SamplerOptions = {},
): Promise<Float32Array> {
  let state = Float64Array.from(x);
  for (let i = 0; i < sigmas.length - 1; i++) {
    const sigma = sigmas[i]!;
    const sigmaNext = sigmas[i + 1]!;
    let prediction = await evaluate(denoiser, state, sigma, signal);
    if (sigmaNext > 0) {
      const sigmaMid = Math.sqrt(sigma * sigmaNext);
      const mid = renoiseTo(state, prediction, sigmaMid / sigma);
      prediction = await evaluate(denoiser, mid, sigmaMid, signal);
    }
    state = renoiseTo(state, prediction, sigmaNext / sigma);
    onStep?.(i, sigmaNext);
  }
  return Float32Array.from(state);
}
