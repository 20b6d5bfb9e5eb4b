/**
 * From a user's own clip to what a stream goes on from.
 *
 * @module
 */
import type { Model, WorkOptions } from "../inference/engine.ts";
import type { ContextAudio, Opening } from "./music_stream.ts";

/** How long the clip's end still sounds in the stream: 30 ms. */
const BRIDGE_SAMPLES = 1440;

/** Longest part of a clip that any use is made of, in samples. */
export function openingSamples({ manifest }: Model): number {
  // A frame more, in which the analysis' filters settle.
  return (manifest.blocks.context + 1) * manifest.latent.hop_samples;
}

/**
 * Encodes the end of a clip: its last latent frame ends with its last sample.
 *
 * @throws {TypeError} If the package has no encoder.
 * @throws {RangeError} If the clip is shorter than a latent frame.
 */
export async function makeOpening(
  model: Model,
  { audio }: ContextAudio,
  options: WorkOptions,
): Promise<Opening> {
  const { encoder, latent, blocks, id } = model.manifest;
  if (!encoder || !model.encodeAudio) {
    throw new TypeError(`Model "${id}" has no encoder`);
  }
  const length = audio.left.length;
  const whole = Math.floor(length / latent.hop_samples);
  if (whole < 1) {
    throw new RangeError(
      `Cannot go on from ${length} samples: must be at least ${latent.hop_samples}`,
    );
  }
  const frames = Math.min(whole, blocks.context + 1);
  const from = length - frames * latent.hop_samples;
  const extended = (samples: Float32Array) =>
    mirrored(samples, from, encoder.lookahead_samples);
  const latents = await model.encodeAudio({
    left: extended(audio.left),
    right: extended(audio.right),
  }, options);
  const settling = frames > blocks.context ? 1 : 0;
  const bridge = (samples: Float32Array) =>
    samples.slice(-BRIDGE_SAMPLES).reverse();
  return {
    latents: latents.slice(
      settling * latent.channels,
      frames * latent.channels,
    ),
    bridge: { left: bridge(audio.left), right: bridge(audio.right) },
  };
}

/** The samples from `from` on, followed by the last `more` of them backwards: the encoder looks ahead, and silence there would be heard as an end. */
function mirrored(
  samples: Float32Array,
  from: number,
  more: number,
): Float32Array {
  const kept = samples.subarray(from);
  const out = new Float32Array(kept.length + more);
  out.set(kept);
  out.set(kept.slice(-more).reverse(), kept.length);
  return out;
}
