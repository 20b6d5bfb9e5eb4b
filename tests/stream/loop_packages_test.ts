import { assert, assertEquals } from "@std/assert";
import type { Model } from "../../lib/inference/engine.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { openTiny, TINY, TINY_SPECTRUM } from "../inference/tiny.ts";

const POCKET = "models/pocket";

interface Asked {
  bars: number;
  bpm: number;
  seed?: number;
}

async function play(model: Model, { bars, bpm, seed = 7 }: Asked) {
  const stream = await createStream({
    ...{ model, seed, loop: true, steps: 2, duration: { bars } },
    controls: { prompts: [{ text: "warm house", weight: 1 }], bpm },
  });
  const left = new Float32Array(stream.totalSamples!);
  const now = { deadlineMs: 0 };
  for (let at = 0; at < left.length;) {
    const chunk = await stream.read(4800, now);
    left.set(chunk.left, at);
    at += chunk.left.length;
    assertEquals(chunk.last, at === left.length);
  }
  const lead = await stream.lead(1920, now);
  stream.cancel();
  return { left, lead: lead!.left };
}

/** Largest step from one sample to the next, of samples [from, to), around the loop. */
function largestStep(loop: Float32Array, from: number, to: number): number {
  const at = (i: number) => loop[(i + loop.length) % loop.length]!;
  let largest = 0;
  for (let i = from; i < to; i++) {
    largest = Math.max(largest, Math.abs(at(i) - at(i - 1)));
  }
  return largest;
}

// One that is a whole number of latent frames, and others that lie between them.
const ASKED: Asked[] = [
  { bars: 1, bpm: 120 },
  { bars: 1, bpm: 127 },
  { bars: 2, bpm: 93.7 },
  { bars: 1, bpm: 240 },
];

Deno.test.each([[TINY], [TINY_SPECTRUM], [POCKET]])(
  "%s: a loop is exact in length and runs into its beginning without a step",
  async (folder) => {
    await using engine = await openTiny([folder]);
    const [model] = engine.models.values();
    const asked = folder === POCKET ? ASKED.slice(1, 2) : ASKED;
    for (const each of asked) {
      const { left, lead } = await play(model!, each);
      const what = `${each.bars} bars at ${each.bpm}`;
      const samples = Math.round(each.bars * 4 * 60 * 48_000 / each.bpm);
      assertEquals(left.length, samples, what);
      // The last samples are those that the decoder made right before the first.
      assertEquals(left.slice(-1920), lead, what);
      const seam = largestStep(left, 0, 1);
      const around = largestStep(left, -7680, 0);
      const elsewhere = largestStep(left, 1, samples - 7680);
      assert(elsewhere > 1e-3, `${what}: silence`);
      assert(seam <= elsewhere, `${what}: ${seam} over the seam`);
      assert(
        around <= 1.5 * elsewhere,
        `${what}: ${around} before the seam, at most ${elsewhere} elsewhere`,
      );
    }
  },
);

Deno.test("the same seed gives the same loop", async () => {
  await using engine = await openTiny([TINY_SPECTRUM]);
  const [model] = engine.models.values();
  const asked = { bars: 1, bpm: 127 };
  const one = await play(model!, asked);
  assertEquals((await play(model!, asked)).left, one.left);
  const other = await play(model!, { ...asked, seed: 8 });
  assert(other.left.some((value, i) => value !== one.left[i]));
});
