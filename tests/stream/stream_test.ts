import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import type {
  DecoderInput,
  DenoiserInput,
} from "../../lib/inference/engine.ts";
import type { Controls } from "../../lib/protocol/mod.ts";
import { createStream, type MusicStream } from "../../lib/stream/mod.ts";
import { HOP, ToyModel } from "./toy_model.ts";

interface Init {
  model?: ToyModel;
  controls?: Controls;
  duration?: { seconds: number } | { bars: number } | null;
  loop?: boolean;
  seed?: number;
}

function open(init: Init = {}): Promise<MusicStream> {
  return createStream({
    model: init.model ?? new ToyModel(),
    controls: init.controls ??
      { prompts: [{ text: "toy", weight: 1 }], bpm: 120 },
    seed: init.seed ?? 1,
    duration: init.duration ?? null,
    loop: init.loop ?? false,
    steps: null,
  });
}

async function read(
  stream: MusicStream,
  samples: number,
  step = 960,
): Promise<Float32Array> {
  const out = new Float32Array(samples);
  for (let at = 0; at < samples;) {
    const chunk = await stream.read(Math.min(step, samples - at), {
      deadlineMs: 0,
    });
    assertEquals(chunk.sample, stream.position - chunk.left.length);
    out.set(chunk.left, at);
    at += chunk.left.length;
    if (chunk.last) return out.subarray(0, at);
  }
  return out;
}

/** First index at which two signals differ, or -1. */
function firstDifference(a: Float32Array, b: Float32Array): number {
  return a.findIndex((value, i) => value !== b[i]);
}

Deno.test("Stream gives the same samples for the same seed, however it is read", async () => {
  const a = await open();
  const b = await open({ model: new ToyModel(1) });
  const c = await open({ seed: 2 });
  const first = await read(a, 200_000, 960);
  assertEquals(firstDifference(first, await read(b, 200_000, 2880)), -1);
  assert(firstDifference(first, await read(c, 200_000)) >= 0);
  for (const stream of [a, b, c]) stream.cancel();
});

Deno.test("Stream makes a block beside the windows of the one before while somebody waits", async () => {
  const model = new ToyModel(1);
  const hasty = await open({ model });
  const first = await read(hasty, 400_000);
  // Blocks of 640 ms: of the 13, all but the first ones.
  assert(model.beside >= 8, `${model.beside}`);
  const other = await open();
  assertEquals(firstDifference(first, await read(other, 400_000)), -1);
  for (const stream of [hasty, other]) stream.cancel();
});

Deno.test("Stream makes blocks ahead of a decoder that lags, but not endlessly", async () => {
  let ahead = 0;
  class Lagging extends ToyModel {
    override async decode(input: DecoderInput) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      // Three calls a block of eight latent frames, the first two have four.
      const made = 8 * Math.floor(this.calls.length / 3) - 8;
      ahead = Math.max(ahead, made - input.index);
      return await super.decode(input);
    }
  }
  const lagging = await open({ model: new Lagging() });
  const first = await read(lagging, 1_500_000);
  // More than the block beside it, and no more than eight seconds and a block.
  assert(ahead > 24 && ahead <= 24 + 96 + 8, `${ahead}`);
  const other = await open();
  assertEquals(firstDifference(first, await read(other, 1_500_000)), -1);
  for (const stream of [lagging, other]) stream.cancel();
});

Deno.test("Stream decodes nothing after the end of a piece", async () => {
  let end = 0;
  class Counting extends ToyModel {
    override async decode(input: DecoderInput) {
      end = Math.max(end, input.index + input.newFrames);
      return await super.decode(input);
    }
  }
  const model = new Counting(1);
  const stream = await open({ model, duration: { seconds: 9 } });
  await read(stream, 500_000);
  // Half a latent frame more than 112, and the one before sample 0.
  assertEquals(end, 113 + 1);
});

Deno.test("Stream tells of a window that fails while others are under way", async () => {
  const model = new ToyModel(1);
  model.brokenFrom = 50;
  const stream = await open({ model });
  await assertRejects(() => read(stream, 400_000), Error, "broken");
});

Deno.test("Stream's update changes nothing before its sample and something within a block after", async () => {
  for (const at of ["now", "beat", "bar", "4bar"] as const) {
    const plain = await open();
    const changed = await open();
    await read(plain, 14_400);
    await read(changed, 14_400);
    const { atSample, atBeat } = await changed.update(
      { energy: 1 },
      { at, ramp: null },
    );
    if (at === "now") assertEquals(atSample, 4 * HOP);
    if (at === "beat") assertEquals([atSample, atBeat], [24_000, 1]);
    if (at === "bar") assertEquals([atSample, atBeat], [96_000, 4]);
    if (at === "4bar") assertEquals([atSample, atBeat], [384_000, 16]);
    const length = atSample + 4 * HOP - 14_400;
    const difference = 14_400 +
      firstDifference(await read(plain, length), await read(changed, length));
    assertEquals(difference, atSample, at);
    plain.cancel();
    changed.cancel();
  }
});

/** Its music is held to a level. */
class Held extends ToyModel {
  override readonly manifest = {
    ...new ToyModel().manifest,
    loudness: { lufs: -40, tolerance_lu: 0.1 },
  };
}

/** Reads a little, makes updates for the next bar one after the other, each when the last is made, and reads on. */
async function changedAtBar(
  patches: Partial<Controls>[],
  ramp: { seconds: number } | null = null,
) {
  const controls = { prompts: [{ text: "toy", weight: 1 }], bpm: 97 };
  const model = new Held();
  const stream = await open({ model, controls, duration: { seconds: 6 } });
  const begun = await read(stream, 14_400);
  let atSample = -1;
  for (const patch of patches) {
    ({ atSample } = await stream.update(patch, { at: "bar", ramp }));
    // The music is made beyond the bar.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const rest = await read(stream, 300_000);
  return {
    atSample,
    changes: stream.changes,
    pcm: Float32Array.from([...begun, ...rest]),
  };
}

Deno.test("Stream's many updates for one sample change nothing before it", async () => {
  const none = await changedAtBar([]);
  const levels = Array.from({ length: 90 }, (_, i) => ({ energy: i / 90 }));
  const { atSample, pcm } = await changedAtBar(levels);
  assert(atSample % HOP > 0);
  assertEquals(firstDifference(none.pcm, pcm), atSample);
});

Deno.test("Stream's update for a sample whose music is made replaces what was asked for there, as in its receipt", async () => {
  for (const ramp of [null, { seconds: 0.5 }]) {
    const once = await changedAtBar([{ energy: 0.3 }], ramp);
    const again = await changedAtBar(
      [{ energy: 1 }, { energy: 0.8 }, { energy: 0.3 }],
      ramp,
    );
    assertEquals(again.changes, once.changes);
    assertEquals(firstDifference(once.pcm, again.pcm), -1);
  }
});

Deno.test("Stream's music after an update does not depend on when the update arrived", async () => {
  const results: Float32Array[] = [];
  for (const [readFirst, delayMs] of [[2000, 0], [90_000, 1]] as const) {
    const stream = await open({ model: new ToyModel(delayMs) });
    await read(stream, readFirst, 500);
    await stream.update({ energy: 1 }, { at: "bar", ramp: null });
    const rest = await read(stream, 300_000 - readFirst, 500);
    results.push(rest.slice(rest.length - 200_000));
    stream.cancel();
  }
  assertEquals(firstDifference(results[0]!, results[1]!), -1);
});

Deno.test("Stream applies several waiting updates, each at its own sample", async () => {
  const plain = await open();
  const changed = await open();
  const bar = await changed.update({ energy: 1 }, { at: "bar", ramp: null });
  const beat = await changed.update(
    { prompts: [{ text: "another toy", weight: 2 }] },
    { at: "beat", ramp: { beats: 2 } },
  );
  assertEquals([beat.atBeat, bar.atBeat], [0, 0]);
  await read(plain, 1000, 500);
  await read(changed, 1000, 500);
  const later = await changed.update({ bpm: 60 }, { at: "bar", ramp: null });
  const sooner = await changed.update({ energy: 0 }, {
    at: "beat",
    ramp: null,
  });
  assertEquals([sooner.atSample, later.atSample], [24_000, 96_000]);
  await read(changed, 239_000, 1000);
  assertEquals(changed.bpm, 60);
  assertEquals(changed.controls.energy, 0);
  assertEquals(changed.controls.prompts, [{ text: "another toy", weight: 1 }]);
  const chunk = await changed.read(960, { deadlineMs: 0 });
  assertEquals(chunk.beat, 4 + (240_000 - 96_000) / 48_000);
  plain.cancel();
  changed.cancel();
});

Deno.test("Stream lands an update on the grid of the tempo and meter that wait", async () => {
  const stream = await open();
  await read(stream, 14_400);
  const at = (
    patch: Partial<Controls>,
    quantum: "now" | "beat" | "bar" | "4bar",
    ramp: { beats: number } | null = null,
  ) => stream.update(patch, { at: quantum, ramp });
  const { atSample } = await at({ bpm: 240, meter: 3 }, "now");
  assertEquals(atSample, 4 * HOP);
  // The first 0.64 beats take 24,000 samples each, all others half of that.
  const sampleOf = (beat: number) => 4 * HOP + (beat - 0.64) * 12_000;
  for (const [quantum, beat] of [["beat", 1], ["bar", 3], ["4bar", 12]]) {
    const landed = await at({ energy: 1 }, quantum as "beat");
    assertEquals(landed, { atSample: sampleOf(+beat!), atBeat: +beat! });
  }
  await at({ bpm: 60 }, "4bar", { beats: 4 });
  await read(stream, sampleOf(3) - 14_400, 160);
  assertEquals((await stream.read(960, { deadlineMs: 0 })).beat, 3);
  // A bar of three, then one of four: beat 12 is a bar of both, beat 9 only of the first.
  assertEquals((await at({ meter: 4 }, "bar")).atBeat, 6);
  assertEquals((await at({ energy: 0 }, "bar")).atBeat, 6);
  assertEquals((await at({ energy: 0 }, "4bar")).atBeat, 16);
  stream.cancel();
});

Deno.test("a ramp of the tempo itself lasts as many beats as it says", async () => {
  for (const [bpm, beats] of [[60, 4], [240, 8], [130, 3]] as const) {
    const stream = await open({ duration: { seconds: 20 } });
    const { atSample, atBeat } = await stream.update(
      { bpm },
      { at: "beat", ramp: { beats } },
    );
    const end = atSample + Math.round(beats * 60 * 48_000 / ((120 + bpm) / 2));
    let chunk;
    do chunk = await stream.read(960, { deadlineMs: 0 }); while (
      chunk.sample < end
    );
    const since = (chunk.sample - end) * bpm / 60 / 48_000;
    assertAlmostEquals(chunk.beat, atBeat + beats + since, 1e-4);
    stream.cancel();
  }
});

Deno.test("Stream keeps the ramp of each of two updates that land together", async () => {
  const stream = await open({ duration: { seconds: 20 } });
  await stream.update({ bpm: 60 }, { at: "now", ramp: null });
  await stream.update({ energy: 1, bpm: 60 }, { at: "now", ramp: null });
  const ramp = { seconds: 1 };
  await stream.update({ energy: 0.5 }, { at: "now", ramp });
  await read(stream, 48_000);
  assertEquals((await stream.read(960, { deadlineMs: 0 })).beat, 1);
  assertEquals(stream.changes, [
    { atSample: 0, rampSamples: 0, patch: { bpm: 60 } },
    { atSample: 0, rampSamples: 48_000, patch: { energy: 0.5 } },
  ]);
  stream.cancel();
});

Deno.test("Stream's update leaves a later one, made already, at its own sample", async () => {
  const [both, early, late] = await Promise.all([open(), open(), open()]);
  const all = [both, early, late];
  for (const stream of all) await read(stream, 14_400);
  const bar = { at: "bar", ramp: null } as const;
  for (const stream of [both, late]) {
    await stream.update({ energy: 1, bpm: 90 }, bar);
  }
  // The three seconds that are made ahead reach beyond the bar.
  for (const stream of all) await read(stream, 30_000, 1000);
  const now = { at: "now", ramp: null } as const;
  const prompts = [{ text: "another toy", weight: 1 }];
  for (const stream of [both, early]) {
    const { atSample } = await stream.update({ prompts }, now);
    assertEquals(atSample, 12 * HOP);
  }
  const [a, b, c] = await Promise.all(all.map((s) => read(s, 155_600)));
  const from = (a: Float32Array, b: Float32Array) =>
    44_400 + firstDifference(a, b);
  assertEquals([from(a!, b!), from(a!, c!)], [96_000, 12 * HOP]);
  assertEquals([both.bpm, both.controls.energy], [90, 1]);
  const { beat } = await both.read(960, { deadlineMs: 0 });
  assertEquals(beat, 4 + (200_000 - 96_000) / 32_000);
  for (const stream of all) stream.cancel();
});

Deno.test("Stream ends after exactly the asked number of samples", async () => {
  for (const samples of [4800, 3840, 100_001]) {
    const stream = await open({ duration: { seconds: samples / 48_000 } });
    assertEquals(stream.totalSamples, samples);
    const all = await read(stream, 1_000_000);
    assertEquals(all.length, samples);
    assert(Math.abs(all.at(-1)!) < 1e-3);
    stream.cancel();
  }
});

Deno.test("Stream's loop ends on what comes before its first sample", async () => {
  const stream = await open({ duration: { bars: 1 }, loop: true });
  const all = await read(stream, 1_000_000);
  assertEquals(all.length, 96_000);
  const step = Math.abs(all[0]! - all.at(-1)!);
  const typical = Math.max(
    ...Array.from(
      { length: 24 },
      (_, n) => Math.abs(all[n * HOP + HOP]! - all[n * HOP + HOP - 1]!),
    ),
  );
  assert(step <= typical, `seam ${step}, elsewhere at most ${typical}`);
  stream.cancel();
});

Deno.test("Stream levels a loop as a whole, before any change of it", async () => {
  const loop = { duration: { bars: 2 }, loop: true };
  const [plain, held, changed] = await Promise.all([
    open(loop),
    open({ ...loop, model: new Held() }),
    open({ ...loop, model: new Held() }),
  ]);
  const { atSample } = await changed.update(
    { energy: 1 },
    { at: "now", ramp: null },
  );
  assertEquals(atSample, 0);
  const now = { deadlineMs: 0 };
  const leads = [await plain.lead(960, now), await held.lead(960, now)];
  const all = await Promise.all(
    [plain, held, changed].map((stream) => read(stream, 1_000_000)),
  );
  const gain = all[1]![5000]! / all[0]![5000]!;
  assert(gain < 0.7, `${gain}`);
  const levelled = (a: Float32Array, b: Float32Array) =>
    a.forEach((value, i) => assertAlmostEquals(b[i]!, gain * value, 1e-6));
  levelled(all[0]!, all[1]!);
  levelled(leads[0]!.left, leads[1]!.left);
  const again = await open(loop);
  await again.update({ energy: 1 }, { at: "now", ramp: null });
  levelled(await read(again, 1_000_000), all[2]!);
});

Deno.test("Stream's loop that is to be levelled is due within a second", async () => {
  let latest = 0;
  class Due extends Held {
    override async denoise(
      input: DenoiserInput,
      options: { deadlineMs: number; signal: AbortSignal },
    ) {
      latest = Math.max(latest, options.deadlineMs);
      return await super.denoise(input, options);
    }
  }
  const model = new Due();
  const stream = await open({ model, duration: { bars: 4 }, loop: true });
  await read(stream, 1_000_000);
  assert(latest > 500 && latest <= 1000, `${latest}`);
});

Deno.test("Stream fills the gap before a loop's end with both sides known", async () => {
  const model = new ToyModel();
  const stream = await open({ model, duration: { bars: 1 }, loop: true });
  await read(stream, 1_000_000);
  const { frames, context, controls } = model.calls.at(-1)!;
  const mask = Array.from({ length: frames }, (_, n) => context[5 * n + 4]);
  const unknown = mask.indexOf(0);
  const known = mask.lastIndexOf(0) + 1;
  assert(unknown > 0 && known < frames, `${mask}`);
  assert(mask.slice(unknown, known).every((value) => value === 0));
  assertEquals(mask.slice(known), new Array(frames - known).fill(1));
  // 25 latent frames are a bar: those known after the gap are the first ones again.
  const first = model.calls[0]!;
  const rows = (
    from: number,
    { controls }: { controls: Float32Array },
  ) => [...controls.subarray(7 * from, 7 * (from + 4))];
  const beats = rows(known, { controls });
  rows(1, first).slice(0, 28).forEach((value, i) =>
    assert(Math.abs(value - beats[i]!) < 1e-5)
  );
  stream.cancel();
});

Deno.test("Stream.cancel() rejects the pending read and stops within one call", async () => {
  const model = new ToyModel(5);
  const stream = await open({ model });
  const pending = stream.read(960, { deadlineMs: 0 });
  await new Promise((resolve) => setTimeout(resolve, 12));
  stream.cancel();
  await assertRejects(() => pending, DOMException);
  const calls = model.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert(model.calls.length <= calls + 1);
});

Deno.test("Stream.reset() makes music without looking back", async () => {
  const model = new ToyModel();
  const stream = await open({ model });
  await read(stream, 96_000);
  const { atSample } = stream.reset();
  model.calls.length = 0;
  await read(stream, atSample - 96_000 + HOP);
  const fresh = model.calls.find((call) => call.frames === 4);
  assert(fresh, "a first block without context");
  assert(fresh.context.every((value) => value === 0));
  stream.cancel();
});

Deno.test("Stream continues from its own latents", async () => {
  const model = new ToyModel();
  const stream = await open({ model });
  await read(stream, 96_000);
  const later = model.calls.at(-1)!;
  assertEquals(later.frames, 8 + 6);
  assertEquals(later.context[4], 1);
  assertEquals(later.context[6 * 5 + 4], 0);
  stream.cancel();
});

Deno.test("Stream names the controls that its package does not understand", async () => {
  const stream = await open();
  const patch = { key: "A minor", energy: 1, chords: null };
  assertEquals(stream.ignoredControls(patch), ["key"]);
  stream.cancel();
});

Deno.test("nothing plays where no part may, from the very sample on", async () => {
  const model = new ToyModel();
  Object.assign(model, {
    manifest: {
      ...model.manifest,
      controls: {
        ...model.manifest.controls,
        understood: ["bpm", "energy", "parts"],
      },
    },
  });
  const parts = { drums: false, bass: false, harmony: false, melody: false };
  const whole = 4 * 48_000;
  const plain = await read(await open({ model }), whole);
  const stream = await open({ model });
  const first = await read(stream, 19_200);
  const { atSample: from } = await stream.update(
    { parts },
    { at: "bar", ramp: null },
  );
  const silenced = await read(stream, 3 * 48_000 - 19_200);
  const { atSample: to } = await stream.update(
    { parts: { bass: true } },
    { at: "now", ramp: null },
  );
  const rest = await read(stream, 48_000);
  const heard = new Float32Array([...first, ...silenced, ...rest]);
  assertEquals(firstDifference(heard, plain) >= from, true);
  const silence = heard.subarray(from + 240, to);
  assert(silence.length > 48_000 && silence.every((value) => value === 0));
  assert(heard.subarray(to).some((value) => value !== 0));
});
