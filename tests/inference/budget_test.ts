import { assert, assertEquals, assertRejects } from "@std/assert";
import type {
  DenoiserInput,
  Model,
  WorkOptions,
} from "../../lib/inference/mod.ts";
import { type BlockInput, makeBlock } from "../../lib/stream/block.ts";
import { denoiserInput, maxDifference, noise, NOW, openTiny } from "./tiny.ts";
import { TINY, TINY_LAYERS } from "./tiny.ts";

const engine = await openTiny([TINY_LAYERS, TINY]);
Deno.test.afterAll(async () => await engine[Symbol.asyncDispose]());
const layered = engine.models.get("tiny_layers")!;
const plain = engine.models.get("tiny")!;

/** A model that notes what it is asked for. */
function noting(model: Model, calls: DenoiserInput[]): Model {
  return {
    manifest: model.manifest,
    sha256: model.sha256,
    encodePrompt: (text, options) => model.encodePrompt(text, options),
    decode: (input, options) => model.decode(input, options),
    denoise(input: DenoiserInput, options: WorkOptions) {
      calls.push(input);
      return model.denoise(input, options);
    },
  };
}

function blockInput({ manifest }: Model, steps: number): BlockInput {
  const { prompt, controls } = manifest;
  const frames = 8;
  return {
    context: new Float32Array(),
    contextFrames: 0,
    after: new Float32Array(),
    afterFrames: 0,
    frames,
    index: 0,
    controls: noise(4, frames * controls.channels),
    prompt: noise(3, prompt.tokens * prompt.dims),
    seed: 7,
    steps,
    guidance: null,
    mostBlocks: null,
  };
}

const options = { deadlineMs: 0, signal: new AbortController().signal };

Deno.test("denoise() computes as many blocks as it is asked for", async () => {
  const input = denoiserInput(layered, 1, 8);
  const full = await layered.denoise(input, NOW);
  const by: Float32Array[] = [];
  for (const blocks of [1, 2, 3, 4]) {
    by.push(await layered.denoise({ ...input, blocks }, NOW));
  }
  assertEquals(by[3], full);
  for (let i = 1; i < by.length; i++) {
    assert(maxDifference(by[i - 1]!, by[i]!) > 1e-3);
  }
});

Deno.test("a block is made with fewer layers at high noise", async () => {
  const calls: DenoiserInput[] = [];
  await makeBlock(noting(layered, calls), blockInput(layered, 4), options);
  // Levels 80, 20, 8, 3 against budgets above 10, 2 and 0.
  assertEquals(calls.map(({ blocks }) => blocks), [2, 2, 3, 3]);
});

Deno.test("a lower budget at high noise changes what is made", async () => {
  const input = blockInput(layered, 4);
  const usual = await makeBlock(layered, input, options);
  const manifest = structuredClone(layered.manifest);
  manifest.denoiser.budgets!.by_sigma = [{ above: 0, blocks: 4 }];
  const full = { ...noting(layered, []), manifest };
  const other = await makeBlock(full, input, options);
  assert(maxDifference(usual, other) > 1e-3);
  assertEquals(await makeBlock(layered, input, options), usual);
});

Deno.test("a package without budgets is never asked for one", async () => {
  const calls: DenoiserInput[] = [];
  await makeBlock(noting(plain, calls), blockInput(plain, 2), options);
  assert(calls.length > 0 && calls.every((call) => !("blocks" in call)));
});

Deno.test("denoise() says which budgets there are", async () => {
  const of = (model: Model, blocks: number) => () =>
    model.denoise({ ...denoiserInput(model, 1, 8), blocks }, NOW);
  const text = "must be an integer from 1 to 4";
  for (const blocks of [0, 5, 1.5]) {
    await assertRejects(of(layered, blocks), RangeError, text);
  }
  await assertRejects(of(plain, 1), RangeError, "has no layer budgets");
});
