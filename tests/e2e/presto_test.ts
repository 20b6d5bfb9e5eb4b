/** The package that Presto-LS made, as it ships. */
import { assert, assertEquals } from "@std/assert";
import { start, TestClient } from "../session/test_server.ts";
import { sharedServer } from "./server.ts";

const ID = "pocket";
const server = sharedServer({ env: { MODELS: "models/pocket" } });

const PIECE = {
  ...{ seed: 5, bpm: 120, duration: { seconds: 4 } },
  ...{ prompts: [{ text: "deep house, piano stabs" }] },
  format: { codec: "pcm_s16le" },
};

/** Level of interleaved samples, in dB of full scale. */
function levelDb(samples: Int16Array): number {
  const power = samples.reduce((sum, s) => sum + (s / 32768) ** 2, 0);
  return 10 * Math.log10(power / samples.length);
}

/** Receipt and samples, interleaved, of a piece of 4 s. */
async function heard(controls: Record<string, unknown>) {
  await using client = new TestClient(server().wsUrl);
  client.send(start({ ...PIECE, ...controls }));
  const { receipt } = await client.next("done");
  const samples = client.heard.flatMap((one) =>
    one.type === "frame" ? [...new Int16Array(one.payload.slice().buffer)] : []
  );
  return { sha256: receipt.pcm_sha256, samples: Int16Array.from(samples) };
}

Deno.test("what a prompt says of its key and of its parts is heard", async () => {
  const prompts = [{ text: "deep house in D minor" }];
  const { sha256 } = await heard({ prompts });
  assertEquals((await heard({ prompts, key: "D minor" })).sha256, sha256);
  assert((await heard({ prompts, key: "Eb minor" })).sha256 !== sha256);

  /** Level of what changes from sample to sample: mostly cymbals. */
  const brightDb = async (text: string) => {
    const { samples } = await heard({ prompts: [{ text }] });
    return levelDb(
      samples.subarray(4).map((s, i) =>
        (s - 2 * samples[i + 2]! + samples[i]!) / 4
      ),
    );
  };
  const fall = await brightDb("punk rock") -
    await brightDb("punk rock, no drums");
  assert(fall > 6, `${fall} dB`);
});

Deno.test("Presto-LS makes music in 1, 2, 4 and 8 steps, and none is guided", async () => {
  await using first = new TestClient(server().wsUrl);
  const { models } = await first.next("hello");
  assertEquals(models.map(({ id }) => id), [ID]);
  assert(!models[0]!.controls.includes("guidance"));
  const digests = new Set<string>();
  for (const steps of [1, 2, 4, 8]) {
    await using client = new TestClient(server().wsUrl);
    client.send(start({ ...PIECE, steps }));
    const { receipt, samples } = await client.next("done");
    assertEquals([receipt.steps, samples], [steps, 192_000]);
    digests.add(receipt.pcm_sha256);
    const frames = client.heard.splice(0).flatMap((one) =>
      one.type === "frame"
        ? [...new Int16Array(one.payload.slice().buffer)]
        : []
    );
    const level = levelDb(Int16Array.from(frames));
    assert(level > -30 && level < -8, `${steps} steps: ${level} dB`);
  }
  assertEquals(digests.size, 4);
});
