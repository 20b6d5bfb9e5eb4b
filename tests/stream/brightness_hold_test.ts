import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { BrightnessHold } from "../../lib/stream/brightness_hold.ts";
import type { MusicStream } from "../../lib/stream/mod.ts";
import type { Snapshot } from "../../lib/stream/snapshot.ts";
import { openToy, ToyModel } from "./toy_model.ts";

const FRAMES_PER_SECOND = 12.5;
const READ = 48_000;

/** The centroid is 400 Hz and so much of 6000 more. */
function highShare(brightness: number): number {
  return (400 * 2 ** (4 * brightness) - 400) / 6000;
}

/** The same backwards. */
function brightnessOf(share: number): number {
  return Math.log2((400 + 6000 * share) / 400) / 4;
}

/** So many seconds of latent frames of two channels: logarithms of a low band's magnitude and a high one's, which are 1 together. */
function frames(seconds: number, brightness: number): Float32Array {
  const high = highShare(brightness);
  return Float32Array.from(
    { length: 2 * seconds * FRAMES_PER_SECOND },
    (_, i) => Math.log(i % 2 === 0 ? 1 - high : high),
  );
}

function hold(state?: BrightnessHold["state"]): BrightnessHold {
  return new BrightnessHold({
    brightness: {
      from_hz: 400,
      octaves: 4,
      bands: [
        { hz: 400, bias: 0, weights: [1, 0] },
        { hz: 6400, bias: 0, weights: [0, 1] },
      ],
    },
    latent: { channels: 2, hop_samples: 3840, sigma_data: 0.5 },
    sample_rate: 48_000,
  }, state);
}

Deno.test("BrightnessHold asks for the first minute's brightness, and beyond, once music has left it", () => {
  const held = hold();
  held.hear(frames(30, 0.6));
  held.hear(frames(30, 0.4));
  assertEquals(held.ask(frames(4, 0.4), 3), null);
  held.hear(frames(2, 0.4));
  assertEquals(held.ask(frames(4, 0.4), 3), null, "no further than 0.02");
  held.hear(frames(8, 0.4));
  // Half a time constant on the way from the mean to 0.4.
  const first = (highShare(0.6) + highShare(0.4)) / 2;
  const recent = highShare(0.4) +
    (first - highShare(0.4)) * (1 - 1 / 250) ** 125;
  const context = new Float32Array([...frames(2, 0.3), ...frames(2, 0.5)]);
  const asked = held.ask(context, 3)!;
  assertEquals(asked.length, 53);
  const now = asked.slice(0, 50).reduce((sum, value) => sum + value / 50, 0);
  assertAlmostEquals(now, 0.4, 0.02);
  for (const value of asked.slice(-3)) {
    assertAlmostEquals(
      value,
      now + 7 * (brightnessOf(first) - brightnessOf(recent)),
      1e-5,
    );
  }
  assertAlmostEquals(asked[0]!, 0.3, 1e-6);
  assertAlmostEquals(asked[24]!, 0.4, 0.02);
  assertAlmostEquals(asked[49]!, 0.5, 1e-6);
  held.hear(frames(6, 0.6));
  assertEquals(held.ask(context, 3), null);
});

Deno.test("BrightnessHold goes on from its state, however the frames are cut", () => {
  const whole = hold();
  const music = [
    ...frames(60, 0.4),
    ...frames(20, 0.9),
    ...frames(10, 0.1),
  ];
  whole.hear(new Float32Array(music));
  let cut = hold();
  for (let at = 0; at < music.length; at += 14) {
    cut = hold(structuredClone(cut.state));
    cut.hear(new Float32Array(music.slice(at, at + 14)));
  }
  assertEquals(cut.state, whole.state);
  // A control has no more than 1.
  const dark = hold(whole.state);
  dark.hear(frames(40, 0.1));
  assertEquals(dark.ask(frames(1, 0.6), 1)!.at(-1), 1);
});

/** A toy that heeds brightness, and whose latents are read as bright. */
class BrightModel extends ToyModel {
  override readonly manifest = {
    ...new ToyModel().manifest,
    sample_rate: 48_000 as const,
    brightness: {
      from_hz: 400,
      octaves: 4,
      bands: [
        { hz: 400, bias: 0, weights: [-2, 0, 0, 0] },
        { hz: 6400, bias: 0, weights: [2, 0, 0, 0] },
      ],
    },
    controls: {
      channels: 7,
      layout: [["beat", 5], ["brightness", 2]] as [string, number][],
      understood: ["prompts", "bpm", "meter", "brightness"],
    },
  };

  /** Values of brightness that it was asked for. */
  get asked(): number[] {
    return this.calls.flatMap(({ controls, frames }) =>
      Array.from({ length: frames }, (_, n) => controls.subarray(7 * n))
        .flatMap((row) => row[6] === 1 ? [row[5]!] : [])
    );
  }
}

async function read(
  stream: MusicStream,
  seconds: number,
  at: (second: number) => unknown = () => {},
): Promise<number[]> {
  const out: number[] = [];
  for (let second = 0; second < seconds; second++) {
    await at(second);
    const { left } = await stream.read(READ, { deadlineMs: 0 });
    out.push(...left.filter((_, i) => i % 960 === 0));
  }
  stream.cancel();
  return out;
}

Deno.test("endless music is held to its first minute's brightness, and anew after a change", async () => {
  const model = new BrightModel();
  const stream = await openToy(model);
  const counts: number[] = [];
  await read(stream, 150, async (second) => {
    if (second % 30 === 0) counts.push(model.asked.length);
    if (second === 89) {
      await stream.update({ bpm: 100 }, { at: "now", ramp: null });
    }
  });
  counts.push(model.asked.length);
  const [, half, minute, change, after, end] = counts as [
    ...[number, number, number, number, number, number],
  ];
  assertEquals(minute, half);
  assert(change > minute);
  assertEquals(after, change);
  assertEquals(end, after, "a minute after the change is not over");
});

Deno.test("nothing is asked for beside what a client asks for, nor in loops", async () => {
  const asked = new BrightModel();
  await read(await openToy(asked, { controls: { brightness: 0.25 } }), 80);
  assertEquals([...new Set(asked.asked)], [0.25]);
  const looped = new BrightModel();
  await read(await openToy(looped, { loopBars: 45 }), 80);
  assertEquals(looped.asked, []);
});

Deno.test("music whose brightness is held goes on from any snapshot as it would have", async () => {
  const stream = await openToy(new BrightModel());
  const taken: Snapshot[] = [];
  const whole = await read(stream, 90, (second) => {
    if (second % 16 === 0) taken.push(stream.snapshot(second * READ)!);
  });
  for (const snapshot of taken) {
    const model = new BrightModel();
    const from = snapshot.from / READ;
    const rest = await read(
      await openToy(model, { snapshot: structuredClone(snapshot) }),
      90 - from,
    );
    assertEquals(rest, whole.slice(from * 50));
    assert(model.asked.length > 0);
  }
});
