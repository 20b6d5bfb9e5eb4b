import type { Denoiser } from "./denoiser.ts";
import { evaluate, type SamplerOptions } from "./sampler_options.ts";

/**
 * Heun's method, algorithm 1 of Karras et al. 2022 (deterministic); second
 * order, two evaluations a step and one in a last step to 0. Under CFG++ a step
 * also jumps by D - R, averaged over both ends like the slope.
 */
export async function heun(
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  { signal, onStep }: SamplerOptions = {},
): Promise<Float32Array> {
  let state = Float64Array.from(x);
  for (let i = 0; i < sigmas.length - 1; i++) {
    const sigma = sigmas[i]!;
    const sigmaNext = sigmas[i + 1]!;
    const h = sigmaNext - sigma;

    // Euler step.
    const now = await evaluate(denoiser, state, sigma, signal);
    const move = state.map((value, j) =>
      h * (value - now.renoise[j]!) / sigma + now.denoised[j]! - now.renoise[j]!
    );
    const ahead = state.map((value, j) => value + move[j]!);

    // Second-order correction: the mean of the moves seen from both ends.
    if (sigmaNext > 0) {
      const next = await evaluate(denoiser, ahead, sigmaNext, signal);
      state = state.map((value, j) => {
        const moveNext = h * (ahead[j]! - next.renoise[j]!) / sigmaNext +
          next.denoised[j]! - next.renoise[j]!;
        return value + (move[j]! + moveNext) / 2;
      });
    } else {
      state = ahead;
    }
    onStep?.(i, sigmaNext);
  }
  return Float32Array.from(state);
}
