import { assert, assertEquals } from "@std/assert";
import type { Engine, EngineOptions } from "../../lib/inference/mod.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { openTiny, TINY, TINY_SPECTRUM } from "./tiny.ts";

/** PCM of a short piece. */
async function play(engine: Engine, id: string, seed: number) {
  const model = engine.models.get(id)!;
  const stream = await createStream({
    model,
    controls: { prompts: [{ text: "slow blues", weight: 1 }] },
    seed,
    duration: { seconds: 2 },
    loop: false,
    steps: 2,
  });
  const pcm: number[] = [];
  for (;;) {
    const deadlineMs = performance.now();
    const chunk = await stream.read(4800, { deadlineMs });
    pcm.push(...chunk.left, ...chunk.right);
    if (chunk.last) return pcm;
  }
}

const pieces = [["tiny", 1], ["tiny_spectrum", 2]] as const;

function playAll(engine: Engine) {
  return Promise.all(pieces.map(([id, seed]) => play(engine, id, seed)));
}

const models = [TINY, TINY_SPECTRUM];
const open = (more: Partial<EngineOptions>) => openTiny(models, "cpu", more);
const undisturbed = await (async () => {
  await using engine = await open({});
  return await playAll(engine);
})();

function mortal(how: string): Partial<EngineOptions> {
  let mortals = 2;
  const networks = () =>
    mortals-- > 0
      ? new URL(`./mortal_worker.ts?${how}`, import.meta.url)
      : new URL("../../lib/inference/worker.ts", import.meta.url);
  return { modules: { networks }, hangMs: 2000 };
}

Deno.test.each([["die=7"], ["hang=9"]])(
  "streams go on, with the same samples, when workers end by %s",
  async (how) => {
    await using engine = await open(mortal(how));
    const pcm = await playAll(engine);
    assertEquals(
      pcm.map((each) => each.length),
      undisturbed.map((p) => p.length),
    );
    for (const [i, each] of pcm.entries()) {
      assert(each.every((value, j) => value === undisturbed[i]![j]));
    }
    const { alive, wanted, restarts } = engine.workers!;
    assert(
      restarts >= 2 || how === "die=7" && restarts >= 1,
      "no worker died: the test shows nothing",
    );
    assert(alive <= wanted);
  },
);

Deno.test("several workers give the samples of one", async () => {
  await using engine = await open({ workers: 3 });
  assertEquals(engine.workers!.alive, engine.workers!.wanted);
  assertEquals(await playAll(engine), undisturbed);
});

Deno.test("streams that share runs get the samples that they get alone", async () => {
  await using engine = await open({ calibrate: true });
  assertEquals(await playAll(engine), undisturbed);
});
