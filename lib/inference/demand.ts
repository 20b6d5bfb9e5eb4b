/**
 * What a real-time stream asks of a device, out of what its units were seen to
 * cost.
 *
 * @module
 */
import { blocksAt } from "../diffusion/budget.ts";
import { evaluations } from "../diffusion/sampler.ts";
import { scheduleSigmas } from "../diffusion/schedule.ts";
import type { Device } from "./device.ts";
import { decodeKey, denoiseKey, synthesiseKey } from "./jobs.ts";
import type { Manifest } from "./manifest.ts";

/** Shares of what a device can do, 1 = all of it. */
export interface Demand {
  /** Of the workers that run networks. */
  networks: number;
  /** Of the workers that make PCM. */
  synthesis: number;
}

/** Latent frames of a decoder window in a stream that has been playing for a while. */
export const WINDOW_FRAMES = 24;

/** The shapes that a stream has once its history is full. */
export function steadyShapes({ blocks, denoiser, decoder }: Manifest) {
  const frames = blocks.lengths.at(-1)!;
  const { max, multiple } = denoiser.frames;
  const total = Math.min(max, frames + blocks.context);
  return {
    /** New latent frames of a block. */
    frames,
    /** Latent frames that the denoiser sees. */
    total: total - total % multiple,
    /** Latent frames that the decoder sees for {@linkcode WINDOW_FRAMES} new ones. */
    window: WINDOW_FRAMES + decoder.context_frames,
  };
}

/** Cost of one second of music as a share of what the device can do in a second. */
export function demandOf(
  manifest: Manifest,
  steps: number,
  { networks, synthesis }: Pick<Device, "networks" | "synthesis">,
): Demand {
  const { id, latent: { hop_samples } } = manifest;
  const { frames, total, window } = steadyShapes(manifest);
  const blockMs = denoisingMs(manifest, { steps, total }, networks.costs);
  const windowMs = networks.costs.estimate(decodeKey(id, window), 1);
  const pcmMs = synthesis.costs.estimate(synthesiseKey(id, WINDOW_FRAMES), 1);
  const perFrameMs = hop_samples / 48;
  const network = blockMs / frames + windowMs / WINDOW_FRAMES;
  const share = (ms: number, workers: number) =>
    ms / perFrameMs / Math.max(1, workers);
  return {
    networks: share(network, networks.workers),
    synthesis: share(pcmMs / WINDOW_FRAMES, synthesis.workers),
  };
}

function denoisingMs(
  { id, sampler, denoiser: { budgets } }: Manifest,
  { steps, total }: { steps: number; total: number },
  costs: Device["networks"]["costs"],
): number {
  const sigmas = scheduleSigmas(sampler.schedule, steps).slice(0, steps);
  const { guidance } = sampler;
  const ms = sigmas.reduce((sum, sigma) => {
    const blocks = budgets ? blocksAt(budgets.by_sigma, sigma) : null;
    const guided = guidance !== null && guidance.sigma_low < sigma &&
      sigma <= guidance.sigma_high;
    const key = denoiseKey(id, total, blocks);
    return sum + costs.estimate(key, guided ? 2 : 1);
  }, 0);
  // Two-stage samplers evaluate between the levels too.
  return ms * evaluations(sampler.kind, steps) / steps;
}
