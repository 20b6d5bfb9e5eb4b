/**
 * What a busy server takes away from quality: steps down to `sampler.min_steps`,
 * layers down to the fewest that the package uses at any noise level.
 *
 * @module
 */
import type { Pressure } from "../inference/load.ts";
import type { Manifest } from "../inference/manifest.ts";

/** Levels of pressure above none. */
const LEVELS = 2;

/** In how many steps, and blocks at most, music is made. */
export interface Quality {
  steps: number;
  /** Null for as many as the package says. */
  mostBlocks: number | null;
}

/** Quality of a stream of so many steps under pressure. */
export function qualityUnder(
  pressure: Pressure,
  { sampler, denoiser: { budgets } }: Manifest,
  steps: number,
): Quality {
  if (pressure === 0) return { steps, mostBlocks: null };
  const least = Math.min(steps, sampler.min_steps ?? steps);
  const blocks = budgets?.by_sigma.map(({ blocks }) => blocks);
  return {
    steps: between(steps, least, pressure),
    mostBlocks: blocks && Math.max(...blocks) > Math.min(...blocks)
      ? between(Math.max(...blocks), Math.min(...blocks), pressure)
      : null,
  };
}

function between(usual: number, least: number, pressure: Pressure): number {
  return Math.round(usual - (usual - least) * pressure / LEVELS);
}
