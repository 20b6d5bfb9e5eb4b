import type { Denoiser } from "./denoiser.ts";
import { evaluate, type SamplerOptions } from "./sampler_options.ts";

/**
 * Ping-pong sampling, the multistep sampling of consistency models (Song et al.
 * 2023, algorithm 1): predict the clean signal, add fresh noise of the next
 * level, repeat. One evaluation a step. It takes no noise direction, so CFG++
 * is plain interpolation here.
 *
 * @throws {TypeError} If `noise` is needed and not given.
 */
export async function pingpong(
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  { signal, onStep, noise }: SamplerOptions = {},
): Promise<Float32Array> {
  let state = new Float64Array(x);
  for (let i = 0; i < sigmas.length - 1; i++) {
    const sigmaNext = sigmas[i + 1]!;
    if (sigmaNext > 0 && noise === undefined) {
      throw new TypeError("Cannot sample by ping-pong without noise");
    }
    const coming = evaluate(denoiser, state, sigmas[i]!, signal);
    // Drawn while the network runs.
    const fresh = sigmaNext > 0 ? noise!(i) : null;
    const { denoised } = await coming;
    state = new Float64Array(denoised);
    if (fresh !== null) {
      for (let j = 0; j < state.length; j++) {
        state[j] = state[j]! + sigmaNext * fresh[j]!;
      }
    }
    onStep?.(i, sigmaNext);
  }
  return new Float32Array(state);
}
