import { assert, assertEquals } from "@std/assert";
import type { Manifest } from "../../lib/inference/mod.ts";
import { loadPackage } from "../../lib/inference/package.ts";
import { warmUpPlan } from "../../lib/inference/warm_up.ts";
import { TINY, TINY_SPECTRUM } from "./tiny.ts";

const { manifest: tiny } = await loadPackage(TINY);
const { manifest: unguided } = await loadPackage(TINY_SPECTRUM);

Deno.test("warmUpPlan() has every shape for a GPU", () => {
  const { denoiser, decoder, prompts } = warmUpPlan(tiny, "webgpu");
  const frames = [8, 16, 24, 32];
  assertEquals(denoiser, [
    ...frames.map((frames) => ({ batch: 1, frames })),
    ...frames.map((frames) => ({ batch: 2, frames })),
  ]);
  assertEquals(
    decoder,
    [0, 1].flatMap((contextFrames) =>
      [2, 3, 24].map((newFrames) => ({ contextFrames, newFrames }))
    ),
  );
  assertEquals(prompts, [8, 32]);
});

Deno.test("warmUpPlan() has the smallest and the largest shape for the CPU", () => {
  assertEquals(warmUpPlan(unguided, "cpu").denoiser, [
    { batch: 1, frames: 8 },
    { batch: 1, frames: 32 },
  ]);
});

Deno.test("warmUpPlan() keeps to the lengths that the graph takes", () => {
  const manifest: Manifest = {
    ...tiny,
    denoiser: { ...tiny.denoiser, frames: { min: 4, max: 28, multiple: 4 } },
    blocks: { lengths: [4, 12, 28], context: 15 },
  };
  const frames = warmUpPlan(manifest, "cuda").denoiser
    .map((shape) => shape.frames);
  assert(frames.every((each) => each % 4 === 0 && each >= 4 && each <= 28));
  assert(frames.includes(4) && frames.includes(28));
});
