/**
 * From audio to what an encoder graph reads, by kind of encoder.
 *
 * @module
 */
import { createSpectrumAnalyser } from "../codec/mod.ts";
import type { Manifest } from "./manifest.ts";

/** The stage before the graph. */
export interface Analysis {
  /** Features of the whole latent frames of audio, row-major (frames, features). */
  features(
    left: Float32Array,
    right: Float32Array,
  ): Float32Array<ArrayBuffer>;
}

/**
 * Makes the stage that a package with an encoder needs.
 *
 * @throws {RangeError} If its parameters are out of range, or it has no encoder.
 */
export async function createAnalysis(manifest: Manifest): Promise<Analysis> {
  const { encoder, decoder, latent } = manifest;
  if (!encoder || decoder.kind !== "spectrum") {
    throw new RangeError(`Model "${manifest.id}" has no encoder`);
  }
  return await createSpectrumAnalyser({
    ...decoder.spectrum,
    latentHop: latent.hop_samples,
    floor: encoder.floor,
    envFloor: encoder.env_floor,
  });
}
