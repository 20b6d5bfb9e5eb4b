import { assertEquals } from "@std/assert";
import type { DenoiserInput, Model } from "../../lib/inference/engine.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";
import { makeBlock } from "../../lib/stream/block.ts";

const LAYOUT: [string, number][] = [["beat", 2], ["key", 2], ["parts", 3]];

/** Control rows of the second row of the first guided call, for one asked frame. */
async function unaskedOf(
  asked: number[],
  unasked: Record<string, "kept" | "all">,
): Promise<number[]> {
  const calls: DenoiserInput[] = [];
  const sampler = {
    kind: "euler",
    schedule: { kind: "karras", sigma_min: 0.1, sigma_max: 4, rho: 7 },
    steps: 2,
    max_steps: 2,
    guidance: {
      ...{ kind: "cfg", scale: 2, sigma_low: 0, sigma_high: 9 },
      unasked,
    },
  };
  const model = {
    manifest: {
      latent: { channels: 1, sigma_data: 0.5 },
      controls: { channels: 7, layout: LAYOUT },
      denoiser: {},
      sampler,
    } as unknown as Manifest,
    denoise(input: DenoiserInput) {
      calls.push(input);
      return Promise.resolve(new Float32Array(input.batch * input.frames));
    },
  } as unknown as Model;
  await makeBlock(model, {
    ...{ context: new Float32Array(), contextFrames: 0 },
    ...{ after: new Float32Array(), afterFrames: 0 },
    ...{ frames: 2, index: 0, seed: 1, steps: 2 },
    ...{ mostBlocks: null, guidance: null },
    prompt: Float32Array.of(1),
    controls: Float32Array.from([...asked, ...asked]),
  }, { deadlineMs: 0, signal: new AbortController().signal });
  const { batch, controls, prompt } = calls[0]!;
  assertEquals(batch, 2);
  assertEquals([...prompt], [1, 0]);
  assertEquals([...controls.subarray(0, 14)], [...asked, ...asked]);
  assertEquals(controls.subarray(14, 21), controls.subarray(21));
  return [...controls.subarray(14, 21)];
}

Deno.test("makeBlock() guides away from nothing, and from what the package says", async () => {
  const muted = [0.5, 0.25, 0.75, 1, 1, 0, 1];
  assertEquals(await unaskedOf(muted, {}), [0, 0, 0, 0, 0, 0, 0]);
  const says = { beat: "kept", parts: "all" } as const;
  assertEquals(await unaskedOf(muted, says), [0.5, 0.25, 0, 0, 1, 1, 1]);
  const free = [0.5, 0.25, 0.75, 1, 0, 0, 0];
  assertEquals(await unaskedOf(free, says), [0.5, 0.25, 0, 0, 0, 0, 0]);
});
