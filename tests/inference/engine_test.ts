import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import type { DenoiserInput } from "../../lib/inference/mod.ts";
import {
  decodeWindows,
  denoiserInput,
  maxDifference,
  noise,
  NOW,
  openTiny,
  rms,
  TINY,
  TINY_SPECTRUM,
} from "./tiny.ts";

const engine = await openTiny([TINY, TINY_SPECTRUM]);
Deno.test.afterAll(async () => await engine[Symbol.asyncDispose]());
const tiny = engine.models.get("tiny")!;
const all = [...engine.models.values()];

Deno.test("engine has the models in order and says where they run", () => {
  assertEquals([...engine.models.keys()], ["tiny", "tiny_spectrum"]);
  assertEquals(engine.provider, "cpu");
  assertEquals(engine.queued, 0);
  for (const model of all) assertEquals(model.sha256.length, 64);
});

Deno.test("encodePrompt() gives tokens, a tempo and whether it understood", async () => {
  const { tokens, dims } = tiny.manifest.prompt;
  const known = await tiny.encodePrompt("dreamy lo-fi piano", NOW);
  assertEquals(known.tokens.length, tokens * dims);
  assert(known.bpm !== null && known.bpm >= 40 && known.bpm <= 240);
  assert(known.understood);
  const other = await tiny.encodePrompt("aggressive techno", NOW);
  assertNotEquals(other.tokens, known.tokens);
  const unknown = await tiny.encodePrompt("xyzzy plugh", NOW);
  assert(!unknown.understood);
});

Deno.test("encodePrompt() remembers, and what it gave away can be overwritten", async () => {
  const first = await tiny.encodePrompt("slow blues", NOW);
  const tokens = first.tokens.slice();
  first.tokens.fill(0);
  const timings: unknown[] = [];
  const again = await tiny.encodePrompt("  slow\n blues ", {
    ...NOW,
    onTiming: (timing) => timings.push(timing),
  });
  assertEquals(again.tokens, tokens);
  assertEquals(timings, [{ queueMs: 0, runMs: 0 }]);
});

Deno.test("denoise() takes any batch and length, the same bits every time", async () => {
  for (const model of all) {
    for (const [batch, frames] of [[1, 2], [2, 8], [1, 34], [4, 16]] as const) {
      const input = denoiserInput(model, batch, frames);
      const f = await model.denoise(input, NOW);
      assertEquals(f.length, batch * frames * model.manifest.latent.channels);
      assert(f.every((value) => Math.abs(value) <= 1));
      assertEquals(await model.denoise(input, NOW), f);
    }
  }
});

Deno.test("denoise() of a batch is that of its examples", async () => {
  const input = denoiserInput(tiny, 2, 8);
  const both = await tiny.denoise(input, NOW);
  const half = (array: Float32Array, part: number) =>
    array.slice(part * array.length / 2, (part + 1) * array.length / 2);
  for (const part of [0, 1]) {
    const one = await tiny.denoise({
      batch: 1,
      frames: 8,
      x: half(input.x, part),
      cNoise: half(input.cNoise, part),
      prompt: half(input.prompt, part),
      controls: half(input.controls, part),
      context: half(input.context, part),
    }, NOW);
    assert(maxDifference(one, half(both, part)) < 1e-5);
  }
});

Deno.test("denoise() depends on every input and leaves all of them alone", async () => {
  const input = denoiserInput(tiny, 1, 8);
  const copy = structuredClone(input);
  const f = await tiny.denoise(input, NOW);
  assertEquals(input, copy);
  const names = ["x", "cNoise", "prompt", "controls", "context"] as const;
  for (const name of names) {
    const changed: DenoiserInput = {
      ...input,
      [name]: input[name].map((value) => value + 0.5),
    };
    const other = await tiny.denoise(changed, NOW);
    assert(maxDifference(f, other) > 0.01, `${name} does not matter`);
  }
});

Deno.test("denoise() names the input of a wrong length", async () => {
  const input = denoiserInput(tiny, 1, 8);
  await assertRejects(
    () => tiny.denoise({ ...input, context: input.x }, NOW),
    RangeError,
    "context of 128 values: must be 136",
  );
  await assertRejects(
    () => tiny.denoise({ ...input, frames: 7 }, NOW),
    RangeError,
    "7 frames: must be a multiple of 2 from 2 to 64",
  );
});

Deno.test("decode() in windows equals decode() at once to 1e-4", async () => {
  for (const model of all) {
    const frames = 14;
    const { channels, hop_samples } = model.manifest.latent;
    const latents = noise(7, frames * channels).map((value) => value / 2);
    const whole = await decodeWindows(model, latents, [frames]);
    assertEquals(whole.left.length, frames * hop_samples);
    assertEquals(whole.right.length, frames * hop_samples);
    for (const lengths of [[1, 2, 4, 7], [3, 11], [13, 1]]) {
      const parts = await decodeWindows(model, latents, lengths);
      assert(maxDifference(parts.left, whole.left) < 1e-4);
      assert(maxDifference(parts.right, whole.right) < 1e-4);
    }
  }
});

Deno.test("decode() is audible, stereo, and needs its context", async () => {
  for (const model of all) {
    const { channels } = model.manifest.latent;
    const latents = noise(8, 8 * channels).map((value) => value / 2);
    const whole = await decodeWindows(model, latents, [8]);
    const level = rms(whole.left);
    assert(level > 0.05 && level < 0.3, `${model.manifest.id}: ${level}`);
    assert(maxDifference(whole.left, whole.right) > 0.01);
    const withoutContext = await decodeWindows(
      model,
      latents.slice(4 * channels),
      [4],
    );
    const tail = whole.left.slice(whole.left.length / 2);
    assert(maxDifference(withoutContext.left, tail) > 0.01);
  }
});

Deno.test("decode() says what context it needs", async () => {
  const latents = new Float32Array(4 * 16);
  await assertRejects(
    () =>
      tiny.decode(
        { latents, contextFrames: 0, newFrames: 4, index: 3, state: null },
        NOW,
      ),
    RangeError,
    "4 frames at 3 with 0 before them: must be at least 1 with 1",
  );
});

Deno.test("decode() rejects with the runtime's reason and the engine lives on", async () => {
  const model = engine.models.get("tiny_spectrum")!;
  const input = {
    latents: new Float32Array(2 * 16),
    contextFrames: 1,
    newFrames: 1,
    index: 1,
    state: new Float32Array(3),
  };
  await assertRejects(
    () => model.decode(input, NOW),
    Error,
    "state of 3 values",
  );
  const good = await model.decode({ ...input, state: null }, NOW);
  assertEquals(good.left.length, 3840);
});

Deno.test("units of work run by deadline and can be abandoned while they wait", async () => {
  const order: string[] = [];
  const input = denoiserInput(tiny, 1, 8);
  const abort = new AbortController();
  const unit = (name: string, deadlineMs: number, signal?: AbortSignal) =>
    tiny.denoise(input, { deadlineMs, ...(signal && { signal }) })
      .then(() => order.push(name));
  const units = [
    unit("running", 0),
    unit("late", 30),
    unit("abandoned", 5, abort.signal),
    unit("soon", 10),
  ];
  assertEquals(engine.queued, 3);
  abort.abort();
  assertEquals(engine.queued, 2);
  const [, , abandoned] = await Promise.allSettled(units);
  assertEquals(abandoned!.status, "rejected");
  assertEquals(order, ["running", "soon", "late"]);
});

Deno.test("a closed engine rejects what waits and what comes", async () => {
  const other = await openTiny();
  const model = other.models.get("tiny")!;
  const input = denoiserInput(model, 1, 8);
  const running = model.denoise(input, NOW);
  const waiting = assertRejects(
    () => model.denoise(input, NOW),
    Error,
    "The engine is closed",
  );
  await other[Symbol.asyncDispose]();
  assertEquals((await running).length, 8 * 16);
  await waiting;
  await assertRejects(() => model.denoise(input, NOW), Error, "closed");
  await other[Symbol.asyncDispose]();
});
