/** One second of audio through the synthesis stage of "spectrum" decoders. */
import { createSpectrumSynth } from "../lib/codec/mod.ts";
import { PARAMS, randomFeatures } from "../tests/codec/spectrum/features.ts";

const FRAMES = 48_000 / PARAMS.hop;

const synth = await createSpectrumSynth(PARAMS);
const features = randomFeatures(FRAMES);
let state: Float32Array | null = null;
let frame = 0;

Deno.bench("SpectrumSynth.process() of one second", () => {
  state = synth.process(features, frame, state).state;
  frame += FRAMES;
});
