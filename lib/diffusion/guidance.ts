/**
 * Classifier-free guidance. This module is browser compatible.
 *
 * @module
 */
import type { BatchDenoiser, Denoised, Denoiser } from "./denoiser.ts";
import { towards } from "./vector.ts";

/** How the conditional and the unconditional prediction are combined. */
export interface Guidance {
  /**
   * "cfg": Ho and Salimans 2022, scale usually above 1. "cfg++": Chung et al.
   * 2024, scale within [0, 1], noise direction from the unconditional
   * prediction.
   */
  kind: "cfg" | "cfg++";
  /** Weight w in uncond + w (cond - uncond). */
  scale: number;
  /** Guided only above this level (Kynkäänniemi et al. 2024). */
  sigmaLow: number;
  /** Guided only up to this level, inclusive. */
  sigmaHigh: number;
}

/**
 * Wraps a batch denoiser into one that samplers take. Inside the interval both
 * predictions are made in one batch of 2; outside, or where guidance would
 * change nothing, the conditional one alone.
 *
 * @param guidance null for the plain conditional prediction.
 */
export function guide(
  denoiseBatch: BatchDenoiser,
  guidance: Guidance | null,
): Denoiser {
  return async (x, sigma): Promise<Denoised> => {
    if (guidance === null || !isGuided(guidance, sigma)) {
      const [cond] = await denoiseBatch(x, sigma, 1);
      return { denoised: cond! };
    }
    const [cond, uncond] = await denoiseBatch(x, sigma, 2);
    const denoised = towards(uncond!, cond!, guidance.scale);
    return guidance.kind === "cfg++"
      ? { denoised, renoise: uncond! }
      : { denoised };
  };
}

function isGuided(guidance: Guidance, sigma: number): boolean {
  const { kind, scale, sigmaLow, sigmaHigh } = guidance;
  if (kind === "cfg" && scale === 1) return false;
  return sigmaLow < sigma && sigma <= sigmaHigh;
}
