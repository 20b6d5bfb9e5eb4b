/**
 * From what a decoder graph writes to PCM, by kind of decoder.
 *
 * @module
 */
import { createSpectrumSynth, type SpectrumFeatures } from "../codec/mod.ts";
import {
  framesPerLatent,
  takesContext,
  type WindowFrames,
} from "./features.ts";
import type { Manifest } from "./manifest.ts";
import { createResampledSynthesis } from "./resampled_synthesis.ts";

type Samples = Float32Array<ArrayBuffer>;

/** A window at its place. */
export interface PlacedWindow extends WindowFrames {
  /** Index of the first new latent frame since decoding began. */
  index: number;
}

/**
 * The stage after the graph: left, right and state of the new frames out of
 * what the graph wrote for context and new frames, in the order of
 * `featureShapes`.
 */
export type Synthesis = (
  window: PlacedWindow,
  features: Samples[],
  state: Samples,
) => [left: Samples, right: Samples, state: Samples];

/**
 * Makes the stage that a package needs.
 *
 * @throws {RangeError} If its parameters are out of range.
 */
export async function createSynthesis(manifest: Manifest): Promise<Synthesis> {
  const { decoder, latent: { hop_samples: hop } } = manifest;
  if (decoder.kind === "pcm") {
    return ({ contextFrames }, [pcm]) => {
      const half = pcm!.length / 2;
      const start = contextFrames * hop;
      const left = pcm!.slice(start, half);
      return [left, pcm!.slice(half + start), new Float32Array()];
    };
  }
  if (decoder.kind === "resampled") {
    return await createResampledSynthesis(decoder, hop);
  }
  const synth = await createSpectrumSynth(decoder.spectrum);
  const rate = framesPerLatent(manifest);
  const apart = takesContext(manifest);
  return ({ contextFrames, newFrames, index }, features, state) => {
    const context = apart ? 0 : contextFrames / (contextFrames + newFrames);
    const [logMag, hf, pan, coherence, advance, step, env] = features.map((
      feature,
    ) => feature.subarray(Math.round(feature.length * context))) as [
      Samples,
      Samples,
      Samples,
      Samples,
      Samples,
      Samples,
      Samples,
    ];
    const fresh: SpectrumFeatures = {
      ...{ logMag, hf, pan, coherence, advance, step, env },
    };
    const past = state.length === 0 ? null : state;
    const { left, right, state: next } = synth.process(
      fresh,
      index * rate,
      past,
    );
    return [left, right, next];
  };
}

/**
 * The peak guard would turn a value that is no number into silence: better a
 * fault that is told.
 *
 * @throws {RangeError} If a sample is not finite.
 */
export function requireFinite(samples: Samples, index: number): void {
  // A sum is not finite if one of its terms is not, and costs less than asking each.
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]!;
  if (Number.isFinite(sum)) return;
  throw new RangeError(
    `Decoding latent frame ${index} gave samples that are not finite`,
  );
}
