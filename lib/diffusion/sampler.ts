/**
 * Samplers by name. This module is browser compatible.
 *
 * @module
 */
import type { Denoiser } from "./denoiser.ts";
import { dpmpp2m } from "./dpmpp_2m.ts";
import { dpmpp2s } from "./dpmpp_2s.ts";
import { euler } from "./euler.ts";
import { heun } from "./heun.ts";
import { pingpong } from "./pingpong.ts";
import type { Sampler, SamplerOptions } from "./sampler_options.ts";

/** Name of a sampler, as in model packages. */
export type SamplerKind =
  | "euler"
  | "heun"
  | "dpmpp_2s"
  | "dpmpp_2m"
  | "pingpong";

const SAMPLERS: Record<SamplerKind, Sampler> = {
  euler,
  heun,
  dpmpp_2s: dpmpp2s,
  dpmpp_2m: dpmpp2m,
  pingpong,
};

/**
 * Takes `x` down the levels `sigmas` with the sampler `kind`.
 *
 * @param x State at level sigmas[0], scaled by it; not changed.
 * @param sigmas Falling levels, at least two; only the last may be 0.
 * @throws {RangeError} If `sigmas` is not as above.
 */
export async function sample(
  kind: SamplerKind,
  denoiser: Denoiser,
  x: Float32Array,
  sigmas: ArrayLike<number>,
  options: SamplerOptions = {},
): Promise<Float32Array> {
  const last = sigmas.length - 1;
  for (let i = 0; i < Math.max(1, last); i++) {
    if (!(sigmas[i]! > sigmas[i + 1]! && sigmas[i + 1]! >= 0)) {
      throw new RangeError(
        `Cannot sample along levels ${
          Array.from(sigmas).join(", ")
        }: must be at least two, falling, not negative`,
      );
    }
  }
  return await SAMPLERS[kind](denoiser, x, sigmas, options);
}

/** Calls of the denoiser in `steps` steps that end at level 0. */
export function evaluations(kind: SamplerKind, steps: number): number {
  return kind === "heun" || kind === "dpmpp_2s" ? 2 * steps - 1 : steps;
}
