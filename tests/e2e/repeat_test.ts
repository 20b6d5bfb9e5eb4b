import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { RawClient, sha256 } from "./raw_client.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer();

for (const model of ["tiny", "tiny_spectrum"]) {
  Deno.test(`${model}: the same seed is the same bytes, another is not`, async () => {
    await using client = await RawClient.open(server().wsUrl);
    const start = { model, duration: { seconds: 2.5 } };
    // Side by side, so that their work is interleaved and batched.
    const [first, again, other] = await Promise.all([
      client.play({ ...start, stream: "first", seed: 7 }),
      client.play({ ...start, stream: "again", seed: 7 }),
      client.play({ ...start, stream: "other", seed: 8 }),
    ]);
    await using elsewhere = await RawClient.open(server().wsUrl);
    const alone = await elsewhere.play({ ...start, seed: 7 });
    for (const same of [again, alone]) {
      assertEquals(same.frames.length, first.frames.length);
      same.frames.forEach(({ payload }, i) =>
        assertEquals(payload, first.frames[i]!.payload, `packet ${i}`)
      );
      assertEquals(same.done.receipt, first.done.receipt);
    }
    assertNotEquals(
      other.done.receipt.pcm_sha256,
      first.done.receipt.pcm_sha256,
    );
    assert(
      first.frames.some(({ payload }, i) =>
        payload.toHex() !== other.frames[i]!.payload.toHex()
      ),
    );
  });
}

Deno.test("a drawn seed is told; the receipt makes the same piece again", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const first = await client.play({
    stream: "first",
    prompts: [{ text: "warm pads", weight: 3 }, { text: "drums", weight: 2 }],
    duration: { seconds: 1.7 },
    key: "C dorian",
    chords: [{ chord: "Cm", beats: 2 }, { chord: "F", beats: 3 }],
    meter: 5,
    energy: 0.3,
    brightness: null,
    parts: { bass: false },
    guidance: 1.5,
    steps: 3,
  });
  const { receipt } = first.done;
  assertEquals(receipt.seed, first.started.seed);
  const replay = (stream: string, format: string) =>
    client.play({
      stream,
      ...{ model: receipt.model, seed: receipt.seed, steps: receipt.steps },
      prompts: receipt.prompts,
      ...receipt.controls,
      // The tempo was predicted from the prompts: they say it again.
      duration: { seconds: receipt.samples / 48_000 },
      format: { codec: format },
    });
  const again = await replay("again", "opus");
  assertEquals(again.done.receipt, receipt);
  const pcm = await replay("pcm", "pcm_s16le");
  assertEquals(await sha256(pcm.bytes), receipt.pcm_sha256);
});

Deno.test("fewer steps and another model are other music", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const digests = new Set<string>();
  for (const fields of [{}, { steps: 1 }, { model: "tiny_spectrum" }]) {
    const stream = `s${digests.size}`;
    const { done } = await client.play({ stream, seed: 3, ...fields });
    digests.add(done.receipt.pcm_sha256);
  }
  assertEquals(digests.size, 3);
});
