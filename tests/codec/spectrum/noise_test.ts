import { assert, assertAlmostEquals } from "@std/assert";
import { createFfts } from "../../../lib/codec/fft.ts";
import { createKernel } from "../../../lib/codec/kernel/kernel.ts";
import { NoisePart } from "../../../lib/codec/spectrum/noise.ts";
import { createSlot } from "../../../lib/codec/spectrum/slot.ts";
import { memoryOf } from "../../../lib/codec/spectrum/synth.ts";
import { PARAMS, silentFeatures } from "./features.ts";

const FRAMES = 400;

async function render(features: ReturnType<typeof silentFeatures>) {
  const [fft] = await createFfts([2 * PARAMS.hop]);
  const kernel = await createKernel(memoryOf(PARAMS));
  const slot = createSlot(kernel, PARAMS.hop);
  const noise = new NoisePart(kernel, PARAMS, fft!);
  noise.load(null);
  const frames = features.env.length / 4;
  const left = new Float32Array(frames * PARAMS.hop);
  const right = new Float32Array(frames * PARAMS.hop);
  for (let t = 0; t < frames; t++) {
    slot.left.fill(0);
    slot.right.fill(0);
    noise.render(features, t, t, slot);
    left.set(slot.left, t * PARAMS.hop);
    right.set(slot.right, t * PARAMS.hop);
  }
  return { left, right };
}

// White noise of deviation s has the mean square s^2 sum(w^2) in every bin of an
// STFT; sum(w^2) = 360 for Hann(960). U = |L| + |R| is twice that magnitude.
function bandOfNoise(deviation: number, pan: number) {
  const features = silentFeatures(FRAMES);
  const bands = PARAMS.hf_bands.length;
  const magnitude = 2 * deviation * Math.sqrt(360);
  for (let t = 0; t < FRAMES; t++) {
    for (let band = 4; band < 8; band++) {
      features.hf[t * bands + band] = Math.log(magnitude);
    }
  }
  features.pan.fill(pan);
  features.coherence.fill(0.85);
  return features;
}

function product(a: Float32Array, b: Float32Array): number {
  const from = 4800;
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum / (a.length - from);
}

Deno.test("NoisePart gives a band of white noise its level and coherence", async () => {
  const deviation = 0.1;
  const { left, right } = await render(bandOfNoise(deviation, 0));
  // 9 to 13 kHz of 24 kHz.
  const power = deviation ** 2 * 4 / 24;
  for (const channel of [left, right]) {
    const level = 10 * Math.log10(product(channel, channel) / power);
    assertAlmostEquals(level, 0, 0.3);
  }
  assertAlmostEquals(product(left, right) / power, 0.85, 0.05);
});

Deno.test("NoisePart pans by magnitude", async () => {
  const { left, right } = await render(bandOfNoise(0.1, 0.5));
  const ratio = product(left, left) / product(right, right);
  assertAlmostEquals(10 * Math.log10(ratio), 20 * Math.log10(3), 0.5);
});

Deno.test("NoisePart is steady from one sample of the hop to the next", async () => {
  const { left } = await render(bandOfNoise(0.1, 0));
  const powers = new Float64Array(4);
  for (let i = 4800; i < left.length; i++) {
    powers[Math.floor((i % 480) / 120)]! += left[i]! ** 2;
  }
  const mean = powers.reduce((sum, power) => sum + power) / 4;
  for (const power of powers) {
    assert(Math.abs(10 * Math.log10(power / mean)) < 0.5);
  }
});

Deno.test("NoisePart is centred where the tonal frame is", async () => {
  const frame = 20;
  const features = silentFeatures(40);
  const bands = PARAMS.hf_bands.length;
  features.hf.fill(0, frame * bands, (frame + 1) * bands);
  const { left } = await render(features);
  let sum = 0;
  let moment = 0;
  for (const [i, value] of left.entries()) {
    sum += value ** 2;
    moment += i * value ** 2;
  }
  assertAlmostEquals(moment / sum, frame * 480 + PARAMS.n_fft / 2, 30);
});
