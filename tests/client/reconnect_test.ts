import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Client,
  connect,
  ConnectionClosedError,
} from "../../lib/client/mod.ts";
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

Deno.test("what is asked while the line is broken is asked of the stream that goes on", async () => {
  await using broken = line(Number(new URL(server().url).port));
  await using client = await connect(broken.url);
  const stream = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  await stream.started;
  for await (const { seq } of stream) if (seq === 30) break;
  await stream.finished;
  // Each at the moment when the loss is noticed.
  const other = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  await other.started;
  for (const verb of ["update", "pause", "resume", "reset"] as const) {
    const lost = Promise.withResolvers<void>();
    const off = client.on("disconnected", () => lost.resolve());
    broken.cut();
    await lost.promise;
    off();
    await (verb === "update" ? other.update({ bpm: 90 }) : other[verb]());
  }
  const lost = Promise.withResolvers<void>();
  client.on("disconnected", () => lost.resolve());
  broken.cut();
  await lost.promise;
  assertEquals((await other.cancel()).type, "cancelled");
});

Deno.test("who leaves a stream while the line is broken does not wait for it", async () => {
  const way = line(Number(new URL(server().url).port));
  const client = await connect(way.url, { reconnectMs: 60_000 });
  const stream = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  await stream.started;
  const lost = Promise.withResolvers<void>();
  client.on("disconnected", () => lost.resolve());
  for await (const { seq } of stream) {
    if (seq < 5) continue;
    await way[Symbol.asyncDispose]();
    await lost.promise;
    break;
  }
  assert(stream.ended);
  await client.close();
});

Deno.test("a place that takes connections and says nothing is not waited for", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const callers: Deno.TcpConn[] = [];
  const listening = (async () => {
    for await (const caller of silent) callers.push(caller);
  })();
  await using way = line(Number(new URL(server().url).port));
  await using client = await connect(way.url, { reconnectMs: 700 });
  const stream = client.play({ prompts: [{ text: "rain" }], lead_ms: 500 });
  await stream.started;
  way.lead((silent.addr as Deno.NetAddr).port);
  way.cut();
  await assertRejects(() => stream.finished, ConnectionClosedError);
  await client.closed;
  silent.close();
  for (const caller of callers) caller.close();
  await listening;
});

Deno.test("a stream may have the id of one that is being cancelled", async () => {
  await using client = await connect(server().url);
  for (const waits of [true, false]) {
    const first = client.play({ prompts: [{ text: "rain" }], stream: "a" });
    await first.started;
    const cancelled = first.cancel();
    if (waits) await cancelled;
    const duration = { seconds: 1 };
    const next = client.play({
      ...{ prompts: [{ text: "rain" }], stream: "a", duration, bpm: 120 },
    });
    let packets = 0;
    for await (const _ of next) packets++;
    assertEquals(packets, 51);
    assertEquals((await first.finished).type, "cancelled");
    assertEquals((await next.finished).type, "done");
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
