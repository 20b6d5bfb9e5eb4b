/**
 * Encoder of the tiny package with a spectrum decoder. It needs no weights: a
 * latent channel is the squashed mean of a stretch of the features.
 *
 * @module
 */
import { GraphBuilder } from "./graph_builder.ts";
import {
  ENVELOPE_VALUES,
  LATENT_CHANNELS,
  SPECTRUM,
  STFT_FRAMES,
} from "./shape.ts";

/** Features of a latent frame, as the analysis counts them. */
const FEATURES = SPECTRUM.pan_bands_hz.length +
  STFT_FRAMES *
    (SPECTRUM.tonal_bins + SPECTRUM.hf_bands.length + ENVELOPE_VALUES);
/** Features that one latent channel is the mean of. */
const STRETCH = Math.floor(FEATURES / LATENT_CHANNELS);

/** Features (1, frames, FEATURES) -> latents (1, frames, LATENT_CHANNELS). */
export function encoderGraph(): Uint8Array {
  const g = new GraphBuilder();
  const features = g.input("features", [1, "frames", FEATURES]);
  const kept = g.node("Slice", [
    features,
    g.integers(0),
    g.integers(STRETCH * LATENT_CHANNELS),
    g.integers(2),
  ]);
  const rows = g.node("Reshape", [
    kept,
    g.integers(1, -1, LATENT_CHANNELS, STRETCH),
  ]);
  const means = g.node("ReduceMean", [rows], { axes: [3], keepdims: 0 });
  g.output(g.node("Tanh", [means]), "latents", [1, "frames", LATENT_CHANNELS]);
  return g.build();
}
