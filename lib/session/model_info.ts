/**
 * What clients are told about the models.
 *
 * @module
 */
import type { Model, Provider } from "../inference/engine.ts";
import { MAX_STEPS } from "../protocol/limits.ts";
import type { ModelInfo } from "../protocol/mod.ts";

/** Describes models in the order of configuration. */
export function modelInfos(
  models: ReadonlyMap<string, Model>,
  provider: Provider,
): ModelInfo[] {
  return [...models.values()].map(({ manifest, sha256 }) => ({
    id: manifest.id,
    version: manifest.version,
    title: manifest.title,
    licence: manifest.licence,
    sha256,
    sample_rate: manifest.sample_rate,
    latent_rate: manifest.sample_rate / manifest.latent.hop_samples,
    block_frames: [...manifest.blocks.lengths],
    controls: [...manifest.controls.understood],
    steps: {
      default: manifest.sampler.steps,
      // More cannot be asked for.
      max: Math.min(MAX_STEPS, manifest.sampler.max_steps),
    },
    providers: [provider],
  }));
}
