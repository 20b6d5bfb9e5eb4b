import { assert } from "@std/assert";
import { createSpectrumSynth } from "../../../lib/codec/mod.ts";

/** Written by `python -m recipe.codec.fixture`, which says what is in it. */
const VECTORS = new URL("../testdata/spectrum.bin", import.meta.url);
const PARAMETERS = new URL("../testdata/spectrum.json", import.meta.url);

const LATENTS = 3;
const FRAMES = 8 * LATENTS;

Deno.test("SpectrumSynth agrees with the recipe's synthesis to 1e-4", async () => {
  const params = JSON.parse(await Deno.readTextFile(PARAMETERS));
  const bins = params.tonal_bins;
  const { buffer } = await Deno.readFile(VECTORS);
  let at = 0;
  const take = (length: number) => {
    const part = new Float32Array(buffer, at, length);
    at += 4 * length;
    return part;
  };
  const features = {
    logMag: take(FRAMES * bins),
    hf: take(FRAMES * params.hf_bands.length),
    pan: take(FRAMES * params.pan_bands_hz.length),
    coherence: take(FRAMES * params.pan_bands_hz.length),
    advance: take(2 * FRAMES * bins),
    step: take(2 * FRAMES * bins),
    env: take(4 * FRAMES),
  };
  const expected = [take(480 * FRAMES), take(480 * FRAMES)];
  const synth = await createSpectrumSynth(params);
  const { left, right } = synth.process(features, 0, null);
  for (const [got, want] of [[left, expected[0]!], [right, expected[1]!]]) {
    const worst = got!.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - want![i]!)),
      0,
    );
    const peak = want!.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    assert(peak > 0.01, `peak ${peak}`);
    assert(worst <= 1e-4, `differs by ${worst}`);
  }
});
