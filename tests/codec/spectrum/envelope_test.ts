import { assert, assertAlmostEquals } from "@std/assert";
import { Envelope } from "../../../lib/codec/spectrum/envelope.ts";
import { createKernel } from "../../../lib/codec/kernel/kernel.ts";
import { createSlot } from "../../../lib/codec/spectrum/slot.ts";
import { partial, sine } from "../../audio/signals.ts";

const HOP = 480;

async function shape(tone: Float32Array, env: Float32Array) {
  const kernel = await createKernel(65_536);
  const envelope = new Envelope(kernel, HOP, 3000);
  envelope.load(null);
  const slot = createSlot(kernel, HOP);
  const left = new Float32Array(tone.length);
  for (let at = 0; at < tone.length; at += HOP) {
    for (const channel of [slot.left, slot.right]) {
      channel.set(tone.subarray(at, at + HOP));
    }
    envelope.apply(env, at / 120, slot);
    left.set(slot.left, at);
  }
  return left;
}

Deno.test("Envelope lifts the corner frequency by a quarter turn at -3 dB", async () => {
  // y + 5 hp with |hp| = y / sqrt(2), 90 degrees ahead.
  const tone = sine(3000, 9600, 0.1);
  const shaped = await shape(tone, new Float32Array(80).fill(9));
  const { amplitude } = partial(shaped.subarray(4800), 3000);
  assertAlmostEquals(amplitude / 0.1, Math.sqrt(1 + 25 / 2), 0.02);
});

Deno.test("Envelope leaves the lows alone", async () => {
  const tone = sine(60, 9600, 0.5);
  const shaped = await shape(tone, new Float32Array(80).fill(-20));
  const { amplitude } = partial(shaped.subarray(0, 8000), 60);
  assertAlmostEquals(amplitude, 0.5, 0.001);
});

Deno.test("Envelope changes the level within the segment that asks for it", async () => {
  const tone = sine(16_000, 9600, 0.2);
  const env = Float32Array.from(
    { length: 80 },
    (_, segment) => Math.log(segment < 42 ? 0.1 : 0.3),
  );
  const shaped = await shape(tone, env);
  const levels = Float64Array.from({ length: 80 }, (_, segment) => {
    const part = shaped.subarray(120 * segment, 120 * (segment + 1));
    return Math.sqrt(part.reduce((sum, value) => sum + value ** 2, 0) / 120);
  });
  for (const segment of [20, 40, 41]) {
    assertAlmostEquals(levels[segment]!, 0.1, 0.003);
  }
  assert(levels[42]! > 0.15 && levels[42]! < 0.25, `ramp at ${levels[42]}`);
  for (const segment of [43, 44, 60]) {
    assertAlmostEquals(levels[segment]!, 0.3, 0.005);
  }
});

Deno.test("Envelope does not blow up silence", async () => {
  const shaped = await shape(
    new Float32Array(960),
    new Float32Array(8).fill(0),
  );
  assert(shaped.every((value) => value === 0));
});
