import { assert, assertEquals } from "@std/assert";
import { type Client, connect } from "../../lib/client/mod.ts";
import { MemoryStore } from "../../lib/session/state_store.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { sharedServer } from "../e2e/server.ts";
import { line } from "../line.ts";
import { startServer } from "../session/test_server.ts";

const server = sharedServer();

/** Plays six seconds with a change in them; `onPacket` may cut the line. */
async function play(
  client: Client,
  pace: "realtime" | "asap",
  onPacket: (seq: number) => void,
) {
  const stream = client.play({
    ...{ prompts: [{ text: "rain" }], seed: 11, duration: { seconds: 6 } },
    ...{ pace, lead_ms: 500, bpm: 120, format: { codec: "pcm_s16le" } },
  });
  const seqs: number[] = [];
  const payloads: Uint8Array[] = [];
  for await (const { seq, payload, discontinuity } of stream) {
    assert(!discontinuity);
    seqs.push(seq);
    payloads.push(payload);
    onPacket(seq);
  }
  const bytes = await new Blob(payloads as Uint8Array<ArrayBuffer>[]).bytes();
  return { seqs, bytes, done: await stream.finished };
}

Deno.test("a stream over a line that breaks is that of a whole line", async () => {
  const { url } = server();
  await using direct = await connect(url);
  const whole = await play(direct, "asap", () => {});
  await using broken = line(Number(new URL(url).port));
  await using other = await connect(broken.url);
  let losses = 0;
  let begun = 0;
  other.on("disconnected", () => losses++);
  other.on("first_audio", () => begun++);
  // Most of the piece is still to come, however busy the machine.
  const mended = await play(
    other,
    "realtime",
    (seq) => seq % 100 === 40 && broken.cut(),
  );
  // It went on, it did not begin anew.
  assertEquals([losses, begun], [3, 1]);
  assertEquals(mended.seqs, whole.seqs);
  assertEquals(mended.bytes.findIndex((b, i) => b !== whole.bytes[i]), -1);
  assertEquals(mended.done, whole.done);
});

Deno.test("an endless stream that was changed goes on where it was, too", async () => {
  await using broken = line(Number(new URL(server().url).port));
  await using client = await connect(broken.url);
  const stream = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  await stream.started;
  await stream.update({ bpm: 90 });
  let next = 0;
  for await (const { seq, discontinuity } of stream) {
    assertEquals([seq, discontinuity], [next++, false]);
    if (seq === 30) broken.cut();
    if (seq === 90) break;
  }
});

/** States that several servers of one process see. */
class SharedStore extends MemoryStore {
  override readonly shared = true;
}

Deno.test("the streams of a server that stops move to another at once", async () => {
  const states = new SharedStore();
  await using one = startServer({ createStream, states });
  await using two = startServer({ createStream, states });
  await using way = line(one.port);
  await using client = await connect(way.url);
  const { session } = client.hello;
  const stream = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  const drained = Promise.withResolvers<void>();
  let next = 0;
  for await (const { seq, discontinuity } of stream) {
    assertEquals([seq, discontinuity], [next++, false]);
    if (seq === 30) {
      way.lead(two.port);
      one.app.drain(600_000).then(drained.resolve);
    }
    // Nobody waits for the end of a stream that has none.
    if (seq === 120) await drained.promise;
    if (seq === 150) break;
  }
  assert(client.hello.session !== session);
});
