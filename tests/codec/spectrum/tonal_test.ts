import { assertAlmostEquals } from "@std/assert";
import { createFfts } from "../../../lib/codec/fft.ts";
import { createKernel } from "../../../lib/codec/kernel/kernel.ts";
import { createSlot } from "../../../lib/codec/spectrum/slot.ts";
import { memoryOf } from "../../../lib/codec/spectrum/synth.ts";
import { TonalPart } from "../../../lib/codec/spectrum/tonal.ts";
import { partial, sine } from "../../audio/signals.ts";
import { analyse } from "./analysis.ts";
import { PARAMS, silentFeatures } from "./features.ts";

const { hop, n_fft } = PARAMS;

async function render(features: ReturnType<typeof silentFeatures>) {
  const [fft] = await createFfts([n_fft]);
  const kernel = await createKernel(memoryOf(PARAMS));
  const slot = createSlot(kernel, hop);
  const tonal = new TonalPart(kernel, PARAMS, fft!);
  tonal.load(null);
  const frames = features.env.length / 4;
  const left = new Float32Array(frames * hop);
  const right = new Float32Array(frames * hop);
  for (let t = 0; t < frames; t++) {
    slot.left.fill(0);
    slot.right.fill(0);
    tonal.render(features, t, slot);
    left.set(slot.left, t * hop);
    right.set(slot.right, t * hop);
  }
  return { left, right };
}

Deno.test("TonalPart gives partials back at their frequency, level and place", async () => {
  const partials = [[440, 0.3], [1234.5, 0.05]] as const;
  const frames = 60;
  const mono = new Float32Array(frames * hop);
  for (const [hz, amplitude] of partials) {
    const tone = sine(hz, mono.length, amplitude, hz);
    for (let i = 0; i < mono.length; i++) mono[i]! += tone[i]!;
  }
  const { left, right } = await render(analyse(mono, 0.4, PARAMS));
  for (const [hz, amplitude] of partials) {
    const a = partial(left.subarray(6000, 16_000), hz);
    const b = partial(left.subarray(18_000, 28_000), hz);
    const cycles = 12_000 * hz / 48_000;
    const turn = (Math.atan2(b.im, b.re) - Math.atan2(a.im, a.re)) /
      (2 * Math.PI);
    const off = turn - cycles - Math.round(turn - cycles);
    assertAlmostEquals(1200 * Math.log2((cycles + off) / cycles), 0, 0.1);
    const onRight = partial(right.subarray(18_000, 28_000), hz).amplitude;
    assertAlmostEquals(
      20 * Math.log10(b.amplitude / (0.7 * amplitude)),
      0,
      0.2,
    );
    assertAlmostEquals(20 * Math.log10(onRight / (0.3 * amplitude)), 0, 0.05);
  }
});

Deno.test("TonalPart puts frame t at its place", async () => {
  const frame = 20;
  const features = silentFeatures(40);
  const row = frame * PARAMS.tonal_bins;
  features.logMag.fill(0, row + 10, row + 200);
  const { left } = await render(features);
  let sum = 0;
  let moment = 0;
  for (const [i, value] of left.entries()) {
    sum += value ** 2;
    moment += i * value ** 2;
  }
  assertAlmostEquals(moment / sum, frame * hop + n_fft / 2, 5);
});
