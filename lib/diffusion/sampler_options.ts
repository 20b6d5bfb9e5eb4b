/**
 * What all samplers share. This module is browser compatible.
 *
 * @module
 */
import type { Denoiser } from "./denoiser.ts";

/** Options of every sampler. */
export interface SamplerOptions {
  /** Looked at before each call of the denoiser. */
  signal?: AbortSignal | undefined;
  /** Told when step `step` (0, 1, ...) has reached level `sigma`. */
  onStep?: ((step: number, sigma: number) => void) | undefined;
  /**
   * Standard normal noise for the end of step `step` (0, 1, ...), as long as x.
   * Only samplers that renew noise ask for it.
   */
  noise?: ((step: number) => Float32Array) | undefined;
}

/**
 * Takes `x` from noise level sigmas[0] to the last one. `x` already has the
 * scale of its level (a start from pure noise is sigmas[0] times standard
 * normal values) and is not changed. State is kept in float64; the denoiser
 * sees float32.
 */
export type Sampler = (
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  options?: SamplerOptions,
) => Promise<Float32Array>;

/** A prediction with the noise direction always spelled out. */
export interface Prediction {
  /** D(x; sigma). */
  denoised: Float32Array;
  /** Prediction R to take the noise direction (x - R) / sigma from; D itself unless CFG++. */
  renoise: Float32Array;
}

/**
 * One call of the denoiser.
 *
 * @throws {unknown} The signal's reason if it is aborted.
 */
export async function evaluate(
  denoiser: Denoiser,
  x: Float64Array,
  sigma: number,
  signal: AbortSignal | undefined,
): Promise<Prediction> {
  signal?.throwIfAborted();
  const { denoised, renoise = denoised } = await denoiser(
    new Float32Array(x),
    sigma,
  );
  return { denoised, renoise };
}

/**
 * D + ratio (x - R): the first-order step to the level `ratio` sigma, exact if
 * the prediction is constant. With R = D it is Euler's step in sigma and, the
 * same thing, DPM-Solver++(1) in lambda = -ln(sigma).
 */
export function renoiseTo(
  x: Float64Array,
  { denoised, renoise }: Prediction,
  ratio: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(x.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = denoised[i]! + ratio * (x[i]! - renoise[i]!);
  }
  return out;
}
