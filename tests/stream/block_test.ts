import { assertEquals } from "@std/assert";
import type {
  BlockInput,
  DenoiserInput,
  Model,
} from "../../lib/inference/engine.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";
import { makeBlock } from "../../lib/stream/block.ts";

const LAYOUT: [string, number][] = [["beat", 2], ["key", 2], ["parts", 3]];

/** A model of one channel that keeps what it is called with. */
function modelOf(
  sampler: Record<string, unknown>,
  calls: DenoiserInput[],
): Model {
  return {
    manifest: {
      latent: { channels: 1, sigma_data: 0.5 },
      controls: { channels: 7, layout: LAYOUT },
      denoiser: {},
      sampler: { kind: "euler", steps: 2, max_steps: 2, ...sampler },
    } as unknown as Manifest,
    denoise(input: DenoiserInput) {
      calls.push(input);
      return Promise.resolve(new Float32Array(input.batch * input.frames));
    },
  } as unknown as Model;
}

/** Two frames out of nothing. */
function inputOf(controls: number[]): BlockInput {
  return {
    ...{ context: new Float32Array(), contextFrames: 0 },
    ...{ after: new Float32Array(), afterFrames: 0 },
    ...{ frames: 2, index: 0, seed: 1, steps: 2 },
    ...{ mostBlocks: null, guidance: null },
    prompt: Float32Array.of(1),
    controls: Float32Array.from(controls),
  };
}

/** Control rows of the second row of the first guided call, for one asked frame. */
async function unaskedOf(
  asked: number[],
  unasked: Record<string, "kept" | "all">,
): Promise<number[]> {
  const calls: DenoiserInput[] = [];
  const model = modelOf({
    schedule: { kind: "karras", sigma_min: 0.1, sigma_max: 4, rho: 7 },
    guidance: {
      ...{ kind: "cfg", scale: 2, sigma_low: 0, sigma_high: 9 },
      unasked,
    },
  }, calls);
  await makeBlock(model, inputOf([...asked, ...asked]), {
    deadlineMs: 0,
    signal: new AbortController().signal,
  });
  const { batch, controls, prompt } = calls[0]!;
  assertEquals(batch, 2);
  assertEquals([...prompt], [1, 0]);
  assertEquals(controls.subarray(0, 14), Float32Array.of(...asked, ...asked));
  assertEquals(controls.subarray(14, 21), controls.subarray(21));
  return [...controls.subarray(14, 21)];
}

Deno.test("makeBlock() guides away from nothing, and from what the package says", async () => {
  const muted = [0.5, 0.25, 0.75, 1, 1, 0, 1];
  assertEquals(await unaskedOf(muted, {}), [0, 0, 0, 0, 0, 0, 0]);
  const says = { beat: "kept", parts: "all" } as const;
  assertEquals(await unaskedOf(muted, says), [0.5, 0.25, 0, 0, 1, 1, 1]);
  const may = [0.5, 0.25, 0.75, 1, 0.7, 0, 1];
  assertEquals(
    await unaskedOf(may, says),
    [0.5, 0.25, 0, 0, 0.7, 1, 1].map(Math.fround),
  );
  const free = [0.5, 0.25, 0.75, 1, 0, 0, 0];
  assertEquals(await unaskedOf(free, says), [0.5, 0.25, 0, 0, 0, 0, 0]);
});

Deno.test("makeBlock() leads away from all parts where some may not play, if the package says so", async () => {
  const asked = async (controls: number[]) => {
    const calls: DenoiserInput[] = [];
    await makeBlock(
      modelOf({
        ...{ guidance: null, muting: { scale: 1.5, sigma_low: 1 } },
        schedule: { kind: "levels", levels: { "2": [4, 1] } },
      }, calls),
      inputOf([...controls, ...controls]),
      { deadlineMs: 0, signal: new AbortController().signal },
    );
    return calls;
  };
  const muted = [0.5, 0.25, 0.75, 1, 1, 0, 1];
  const [high, low] = await asked(muted);
  // Above the level two rows, which differ in their parts alone.
  assertEquals([high!.batch, low!.batch], [2, 1]);
  assertEquals([...high!.prompt], [1, 1]);
  assertEquals([...high!.controls.subarray(0, 7)], muted);
  assertEquals(
    [...high!.controls.subarray(14, 21)],
    [0.5, 0.25, 0.75, 1, 1, 1, 1],
  );
  const free = [0.5, 0.25, 0.75, 1, 0, 0, 0];
  assertEquals((await asked(free)).map(({ batch }) => batch), [1, 1]);
});
