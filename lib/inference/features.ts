/**
 * What a decoder graph writes, by kind of decoder.
 *
 * @module
 */
import type { Manifest } from "./manifest.ts";

/** Latent frames of a decoder window. */
export interface WindowFrames {
  contextFrames: number;
  newFrames: number;
}

/** An output of a graph. */
export interface FeatureShape {
  /** Name in the graph. */
  name: string;
  /** Lengths of the axes; leading ones of length 1 are left out. */
  shape: number[];
  /** Values in all. */
  length: number;
}

/** Envelope values of an STFT frame. */
const ENV_VALUES = 4;

/** STFT frames of a latent frame, for a spectrum decoder. */
export function framesPerLatent(
  { latent, decoder }: Manifest,
): number {
  return decoder.kind === "spectrum"
    ? latent.hop_samples / decoder.spectrum.hop
    : 1;
}

/** Whether the decoder graph is given the context apart, and writes nothing of it. */
export function takesContext({ decoder }: Manifest): boolean {
  return decoder.kind === "spectrum" &&
    decoder.graph.inputs.context !== undefined;
}

/** Outputs of the decoder graph for a window. */
export function featureShapes(
  manifest: Manifest,
  { contextFrames, newFrames }: WindowFrames,
): FeatureShape[] {
  const { decoder, latent } = manifest;
  const frames = takesContext(manifest) ? newFrames : contextFrames + newFrames;
  if (decoder.kind === "pcm") {
    const name = decoder.graph.outputs.pcm;
    return [sized(name, [2, frames * latent.hop_samples])];
  }
  if (decoder.kind === "resampled") {
    const all = Math.max(frames, decoder.min_frames);
    return [sized(decoder.graph.outputs.audio, [2, all * decoder.native_hop])];
  }
  const { graph: { outputs: names }, spectrum } = decoder;
  const rows = frames * framesPerLatent(manifest);
  const bins = spectrum.tonal_bins;
  return [
    sized(names.log_mag, [rows, bins]),
    sized(names.hf, [rows, spectrum.hf_bands.length]),
    sized(names.pan, [rows, spectrum.pan_bands_hz.length]),
    sized(names.coherence, [rows, spectrum.pan_bands_hz.length]),
    sized(names.advance, [rows, bins, 2]),
    sized(names.step, [rows, bins, 2]),
    sized(names.env, [rows * ENV_VALUES]),
  ];
}

function sized(name: string, shape: number[]): FeatureShape {
  return { name, shape, length: shape.reduce((all, axis) => all * axis) };
}
