import { assert, assertEquals } from "@std/assert";
import { denoiserInput, noise, NOW, openTiny } from "./tiny.ts";

const CALLS = 10_000;
/** Calls after which buffers, arenas and compiled code have their size. */
const SETTLED = 3000;
/** Room for the collector's saw-tooth, about 10 MiB; the decoder's outputs alone are 50. */
const MAX_GROWTH_BYTES = 24 * 2 ** 20;

Deno.test("10,000 calls need no more memory than the first ones", async () => {
  await using engine = await openTiny();
  const model = engine.models.get("tiny")!;
  const inputs = [2, 8, 16].map((frames) => denoiserInput(model, 1, frames));
  const latents = noise(9, 2 * model.manifest.latent.channels);
  const first = await model.denoise(inputs[1]!, NOW);

  let settledBytes = 0;
  for (let call = 0; call < CALLS; call++) {
    if (call === SETTLED) settledBytes = Deno.memoryUsage().rss;
    if (call % 4 === 3) {
      const index = call;
      const state = new Float32Array();
      await model.decode(
        { latents, contextFrames: 1, newFrames: 1, index, state },
        NOW,
      );
    } else if (call % 100 === 0) {
      await model.encodePrompt(`piano ${call}`, NOW);
    } else {
      await model.denoise(inputs[call % 3]!, NOW);
    }
  }
  const growthBytes = Deno.memoryUsage().rss - settledBytes;
  assert(
    growthBytes < MAX_GROWTH_BYTES,
    `RSS grew by ${(growthBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  assertEquals(await model.denoise(inputs[1]!, NOW), first);
});
