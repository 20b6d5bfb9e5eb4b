import { assert, assertEquals } from "@std/assert";
import type { ErrorCode } from "../../lib/protocol/mod.ts";
import { FakeEngine, FakeModel } from "../fakes.ts";
import { start, startServer, TestClient } from "./test_server.ts";

const ENDLESS = { duration: null };

async function nextError(client: TestClient, code: ErrorCode) {
  const error = await client.next("error");
  assertEquals(error.code, code, error.message);
  return error;
}

Deno.test("bad messages are answered and the connection stays open", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send("{");
  await nextError(client, "bad_json");
  client.send({ type: "sing", event_id: "e" });
  assertEquals((await nextError(client, "unknown_type")).reply_to, "e");
  client.send(start({ bpm: 1000, event_id: "f" }));
  const error = await nextError(client, "bad_message");
  assertEquals([error.param, error.reply_to], ["bpm", "f"]);
  assertEquals(error.stream, "a");
  client.socket.send(new Uint8Array(3));
  await nextError(client, "bad_message");
  client.send({ type: "ping", t: 1 });
  await client.next("pong");
});

Deno.test("20 bad messages in a row close with 1008", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  for (let i = 0; i < 19; i++) client.send("no");
  client.send({ type: "ping", t: 1 });
  for (let i = 0; i < 19; i++) client.send("no");
  client.send({ type: "ping", t: 2 });
  await client.next("pong", ({ t }) => t === 2);
  for (let i = 0; i < 30; i++) client.send("no");
  assertEquals((await client.closed).code, 1008);
  assertEquals(client.all("error").length, 19 + 19 + 20);
});

Deno.test("a message that is too big is told, then closes with 1009", async () => {
  await using server = startServer();
  for (
    const message of [
      "x".repeat(65_537),
      // 21,846 code units of 3 bytes each are 65,538 bytes.
      JSON.stringify("漢".repeat(21_845)),
      new Uint8Array(65_537),
    ]
  ) {
    await using client = new TestClient(server.wsUrl);
    await client.next("hello");
    client.socket.send(message);
    await nextError(client, "message_too_big");
    assertEquals((await client.closed).code, 1009);
  }
});

Deno.test("a message of exactly the limit is read", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const text = JSON.stringify({ type: "ping", t: 1 });
  client.send(text.padEnd(65_536));
  await client.next("pong");
});

Deno.test("unknown streams, used ids and unknown models are refused", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  for (const type of ["update", "pause", "resume", "reset", "cancel"]) {
    client.send({ type, stream: "zz", event_id: type });
    const error = await nextError(client, "unknown_stream");
    assertEquals([error.reply_to, error.stream], [type, "zz"]);
  }
  client.send(start({ ...ENDLESS }));
  client.send(start({ event_id: "twice" }));
  const error = await nextError(client, "stream_exists");
  assertEquals([error.reply_to, error.stream], ["twice", "a"]);
  client.send(start({ stream: "b", model: "none" }));
  assertEquals((await nextError(client, "unknown_model")).param, "model");
  client.send(start({ stream: "b", steps: 8 }));
  assertEquals((await nextError(client, "unsupported")).param, "steps");
});

Deno.test("a connection has at most so many streams, and so has the server", async () => {
  const config = { maxStreams: 3, maxStreamsPerConnection: 2 };
  await using server = startServer({ config });
  await using one = new TestClient(server.wsUrl);
  await using two = new TestClient(server.wsUrl);
  for (const stream of ["a", "b", "c"]) one.send(start({ stream, ...ENDLESS }));
  assertEquals((await one.next("hello")).limits.streams, 2);
  assertEquals((await nextError(one, "too_many_streams")).stream, "c");
  two.send(start({ stream: "a", ...ENDLESS }));
  await two.next("started");
  two.send(start({ stream: "b", ...ENDLESS }));
  assert((await nextError(two, "busy")).retry_after_ms! > 0);
  one.send({ type: "cancel", stream: "a" });
  await one.next("cancelled");
  two.send(start({ stream: "b", ...ENDLESS }));
  await two.next("started");
});

Deno.test("a closed connection frees its places", async () => {
  await using server = startServer({ config: { maxStreams: 1 } });
  {
    await using client = new TestClient(server.wsUrl);
    client.send(start(ENDLESS));
    await client.next("frame");
  }
  await using client = new TestClient(server.wsUrl);
  client.send(start(ENDLESS));
  await client.next("frame");
  assertEquals(server.streams.map(({ cancelled }) => cancelled), [true, false]);
});

Deno.test("a fault while playing is told with the incident that is logged", async () => {
  await using server = startServer({ sine: { failAt: 9600 } });
  await using client = new TestClient(server.wsUrl);
  client.send(start(ENDLESS));
  const error = await nextError(client, "internal");
  assertEquals(error.stream, "a");
  assert(!error.message.includes("sine broke"));
  const { last_seq } = await client.next("cancelled");
  assertEquals(last_seq, 9);
  const line = server.lines.find((line) => line.includes(error.incident!));
  assert(line?.includes("the sine broke"));
  client.send(start({ stream: "a", duration: { seconds: 0.1 } }));
  await client.next("done");
});

Deno.test("a fault in an update ends the stream, not the connection", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(ENDLESS));
  await client.next("frame");
  client.send({ type: "update", stream: "a", energy: 1, event_id: "u" });
  assertEquals((await nextError(client, "internal")).reply_to, "u");
  await client.next("cancelled");
  client.send({ type: "ping", t: 1 });
  await client.next("pong");
});

Deno.test("a stream that cannot be made is refused", async () => {
  for (
    const [refuse, code] of [
      [new TypeError("no"), "internal"],
      [new RangeError("no schedule for 3 steps"), "unsupported"],
    ] as const
  ) {
    await using server = startServer({ sine: { refuse } });
    await using client = new TestClient(server.wsUrl);
    client.send(start({ event_id: "s" }));
    const error = await nextError(client, code);
    assertEquals([error.stream, error.reply_to], ["a", "s"]);
    client.send({ type: "cancel", stream: "a" });
    await nextError(client, "unknown_stream");
  }
});

Deno.test("bars that last longer than the limit are refused", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: { bars: 1000 }, meter: 12, bpm: 40 }));
  assertEquals((await nextError(client, "bad_message")).param, "duration");
  assertEquals(server.streams[0]!.cancelled, true);
});

Deno.test("start names one of several models", async () => {
  const models = [new FakeModel({ id: "one" }), new FakeModel({ id: "two" })];
  await using server = startServer({ engine: new FakeEngine(models) });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ stream: "a" }));
  assertEquals((await client.next("started")).model, "one");
  client.send(start({ stream: "b", model: "two" }));
  assertEquals((await client.next("started")).model, "two");
});
