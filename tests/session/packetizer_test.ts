import { assertEquals, assertRejects } from "@std/assert";
import { interleaveS16 } from "../../lib/audio/mod.ts";
import type { FrameEncoder } from "../../lib/session/frame_encoder.ts";
import { Packetizer } from "../../lib/session/packetizer.ts";
import { FakeModel, sineAt, SineStream } from "../fakes.ts";

const SIZE = 960;
const PRE_SKIP = 312;

/** An encoder that keeps what it is given. */
function recorder(): FrameEncoder & { heard: number[] } {
  const heard: number[] = [];
  return {
    heard,
    format: {
      codec: "opus",
      frame_ms: 20,
      sample_rate: 48_000,
      channels: 2,
      frame_samples: SIZE,
      pre_skip: PRE_SKIP,
    },
    opusHead: null,
    whole: true,
    encode({ s16 }) {
      heard.push(...s16);
      return new Uint8Array(0);
    },
    close() {},
  };
}

function sine(samples: number): SineStream {
  return new SineStream({
    model: new FakeModel(),
    controls: {},
    seed: 1,
    duration: { seconds: samples / 48_000 },
    loop: false,
    steps: null,
  }, {});
}

function music(samples: number): number[] {
  const wave = (channel: 0 | 1) =>
    Float32Array.from({ length: samples }, (_, i) => sineAt(i, channel));
  return [...interleaveS16(wave(0), wave(1))];
}

async function run(samples: number, loop: boolean) {
  const encoder = recorder();
  const packets = new Packetizer(sine(samples), encoder, { loop });
  const frames = [];
  while (packets.end === null) {
    const frame = await packets.read({ deadlineMs: 0 });
    packets.encode(frame);
    frames.push(frame);
  }
  return { heard: encoder.heard, frames, end: packets.end };
}

// Lengths around a frame's end, and those whose padding takes a frame of its own.
for (const samples of [4800, 4801, 5760, 5760 - PRE_SKIP, 5761 - PRE_SKIP]) {
  Deno.test(`Packetizer pads ${samples} samples until a decoder has them all`, async () => {
    const { heard, frames, end } = await run(samples, false);
    const count = Math.ceil((samples + PRE_SKIP) / SIZE);
    assertEquals(frames.length, count);
    assertEquals(frames.map(({ last }) => last).indexOf(true), count - 1);
    assertEquals(end.samples, samples);
    assertEquals(end.endTrim, count * SIZE - PRE_SKIP - samples);
    assertEquals(heard.length, 2 * count * SIZE);
    assertEquals(heard.slice(0, 2 * samples), music(samples));
    assertEquals(new Set(heard.slice(2 * samples)), new Set([0]));
    frames.forEach(({ sample, beat }, i) => {
      assertEquals(sample, i * SIZE);
      assertEquals(Math.abs(beat - sample / 24_000) < 1e-9, true);
    });
  });
}

for (const samples of [4800, 5700]) {
  Deno.test(`Packetizer goes on with the beginning of a loop of ${samples}`, async () => {
    const { heard } = await run(samples, true);
    const once = music(samples);
    const padding = heard.length - once.length;
    assertEquals(heard, [...once, ...once.slice(0, padding)]);
  });
}

Deno.test("Packetizer does not trust a stream that miscounts", async () => {
  const stream = sine(48_000);
  stream.position = 100;
  const packets = new Packetizer(stream, recorder(), { loop: false });
  const reading = () => packets.read({ deadlineMs: 0 });
  await assertRejects(reading, RangeError, "from 0 on, got 960 from 100 on");
});
