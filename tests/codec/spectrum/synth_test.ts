import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createSpectrumSynth,
  type SpectrumSynth,
} from "../../../lib/codec/mod.ts";
import { cutFeatures, PARAMS, randomFeatures } from "./features.ts";

const FRAMES = 64;

function inWindows(synth: SpectrumSynth, cuts: number[]) {
  const features = randomFeatures(FRAMES);
  const left: number[] = [];
  const right: number[] = [];
  let state: Float32Array | null = null;
  for (const [i, from] of cuts.entries()) {
    const part = cutFeatures(features, from, cuts[i + 1] ?? FRAMES);
    const output = synth.process(part, from, state);
    left.push(...output.left);
    right.push(...output.right);
    state = output.state;
  }
  return { left, right, state };
}

Deno.test("SpectrumSynth.process() gives the same bits however frames are cut", async () => {
  const synth = await createSpectrumSynth(PARAMS);
  const whole = inWindows(synth, [0]);
  assert(whole.left.some((value) => Math.abs(value) > 0.01));
  for (const cuts of [[0, 8], [0, 1, 2, 3, 30, 31], [0, 40, 41, 63]]) {
    assertEquals(inWindows(synth, cuts), whole);
  }
});

Deno.test("SpectrumSynth.process() is deterministic over instances and streams", async () => {
  const synth = await createSpectrumSynth(PARAMS);
  const expected = synth.process(randomFeatures(16), 0, null);
  synth.process(randomFeatures(8), 1000, expected.state);
  const other = await createSpectrumSynth(PARAMS);
  assertEquals(synth.process(randomFeatures(16), 0, null), expected);
  assertEquals(other.process(randomFeatures(16), 0, null), expected);
});

Deno.test("SpectrumSynth.process() leaves state and features alone", async () => {
  const synth = await createSpectrumSynth(PARAMS);
  const features = randomFeatures(8);
  const { state } = synth.process(features, 0, null);
  const before = state.slice();
  synth.process(features, 8, state);
  assertEquals(state, before);
  assertEquals(features, randomFeatures(8));
});

Deno.test("SpectrumSynth.process() numbers its noise by frame", async () => {
  const synth = await createSpectrumSynth(PARAMS);
  const here = synth.process(randomFeatures(16), 0, null);
  const there = synth.process(randomFeatures(16), 16, null);
  assert(here.left.some((value, i) => value !== there.left[i]));
});

Deno.test("SpectrumSynth.process() throws on features or a state of wrong length", async () => {
  const synth = await createSpectrumSynth(PARAMS);
  const features = randomFeatures(8);
  assertThrows(
    () => synth.process({ ...features, hf: new Float32Array(7) }, 0, null),
    RangeError,
    "7 values of hf",
  );
  assertThrows(
    () => synth.process(features, 0, new Float32Array(3)),
    RangeError,
    `must be ${synth.stateLength}`,
  );
});

Deno.test("createSpectrumSynth() rejects parameters out of range", async () => {
  const wrong = [
    { n_fft: 2000 },
    { hop: 100 },
    { tonal_bins: 1500 },
    { hf_bands: [[6000, 5000]] },
    { pan_bands_hz: [] },
    { cross_hi_hz: 5000 },
    { sweeps: -1 },
    { spread_rad: 4 },
    { env_cut_hz: 24_000 },
  ];
  for (const change of wrong) {
    await assertRejects(
      () => createSpectrumSynth({ ...PARAMS, ...change }),
      RangeError,
      Object.keys(change)[0]!,
    );
  }
});
