import { assert, assertEquals } from "@std/assert";
import { sineAt } from "../fakes.ts";
import { pause, start, startServer, TestClient } from "./test_server.ts";

const PCM = { format: { codec: "pcm_f32le" } };
const LIVE = { ...PCM, duration: null, pace: "realtime", lead_ms: 100 };

/** Left channel of all frames, and the sample they begin at. */
function leftOf(client: TestClient): number[] {
  return client.frames.flatMap(({ payload }) =>
    [...new Float32Array(payload.slice().buffer)].filter((_, i) => i % 2 === 0)
  );
}

function assertIsSine(
  samples: number[],
  { from = 0, octave = 0 }: { from?: number; octave?: number } = {},
): void {
  samples.forEach((value, i) => {
    assertEquals(value, Math.fround(sineAt(from + i, 0, octave)));
  });
}

Deno.test("pause holds a stream, resume goes on, no sample is lost", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  await client.next("frame", ({ seq }) => seq === 9);
  client.send({ type: "pause", stream: "a", event_id: "p" });
  const paused = await client.next("paused");
  assertEquals(paused.reply_to, "p");
  assertEquals(paused.at_sample, client.frames.length * 960);
  const sent = client.frames.length;
  await pause(200);
  assertEquals(client.frames.length, sent);

  client.send({ type: "resume", stream: "a", event_id: "r" });
  const resumed = await client.next("resumed");
  assertEquals([resumed.reply_to, resumed.at_sample], ["r", paused.at_sample]);
  const frame = await client.next("frame");
  assertEquals([frame.seq, frame.sample], [sent, paused.at_sample]);
  await client.next("frame", ({ seq }) => seq === sent + 9);
  assertIsSine(leftOf(client));
});

Deno.test("pause while audio is being made keeps the frame for later", async () => {
  await using server = startServer({ sine: { readMs: 40 } });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ ...PCM, duration: { seconds: 0.2 } }));
  await client.next("frame", ({ seq }) => seq === 2);
  client.send({ type: "pause", stream: "a" });
  const { at_sample } = await client.next("paused");
  const sent = client.frames.length;
  assertEquals(at_sample, sent * 960);
  await pause(100);
  assertEquals(client.frames.length, sent);
  client.send({ type: "resume", stream: "a" });
  const { samples } = await client.next("done");
  assertEquals(samples, 9600);
  assertIsSine(leftOf(client));
});

Deno.test("pause and resume may be repeated", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  for (const type of ["pause", "pause", "resume", "resume"]) {
    client.send({ type, stream: "a", event_id: type });
  }
  for (const type of ["paused", "paused", "resumed", "resumed"] as const) {
    await client.next(type);
  }
  await client.next("frame");
});

Deno.test("an update is heard from at_sample on, not before", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ ...LIVE, lead_ms: 60 }));
  await client.next("frame", ({ seq }) => seq === 4);
  client.send({
    type: "update",
    stream: "a",
    event_id: "u",
    at: "beat",
    energy: 0.9,
    density: 0.1,
  });
  const scheduled = await client.next("scheduled");
  assertEquals([scheduled.reply_to, scheduled.stream], ["u", "a"]);
  const { at_sample, at_beat, delay_ms } = scheduled;
  assertEquals([at_sample % 24_000, at_beat], [0, at_sample / 24_000]);
  assert(delay_ms >= 0 && delay_ms <= 500 + 60);
  const warning = await client.next("warning");
  assertEquals([warning.code, warning.reply_to], ["control_ignored", "u"]);
  await client.next("frame", ({ sample }) => sample >= at_sample + 4800);
  const left = leftOf(client);
  assertIsSine(left.slice(0, at_sample));
  assertIsSine(left.slice(at_sample), { from: at_sample, octave: 1 });
});

Deno.test("reset answers with the sample from which the past is forgotten", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  await client.next("frame");
  client.send({ type: "reset", stream: "a", event_id: "x" });
  const reset = await client.next("reset");
  assertEquals(reset.reply_to, "x");
  assertEquals(reset.at_sample % 960, 0);
});

Deno.test("cancel ends a stream at once, and its id is free", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  const { handle } = await client.next("started");
  await client.next("frame", ({ seq }) => seq === 5);
  client.send({ type: "cancel", stream: "a", event_id: "c" });
  const cancelled = await client.next("cancelled");
  assertEquals(cancelled.reply_to, "c");
  assertEquals(cancelled.last_seq, client.frames.at(-1)!.seq);
  assertEquals(cancelled.end_sample, client.frames.length * 960);
  assert(cancelled.cancel_ms >= 0);
  assertEquals(server.streams[0]!.cancelled, true);
  client.send(start(LIVE));
  assert((await client.next("started")).handle !== handle);
  await client.next("frame", ({ seq }) => seq === 3);
  const at = client.heard.indexOf(cancelled);
  const after = client.heard.slice(at).filter(({ type }) => type === "frame");
  assert(after.every((frame) => "handle" in frame && frame.handle !== handle));
});

Deno.test("cancel before the first frame", async () => {
  await using server = startServer({ sine: { readMs: 1000 } });
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  await client.next("started");
  client.send({ type: "cancel", stream: "a" });
  const { last_seq, end_sample } = await client.next("cancelled");
  assertEquals([last_seq, end_sample], [-1, 0]);
  assertEquals(client.frames, []);
});

/** Types of the answers to the given events, in the order in which they came. */
async function answersTo(client: TestClient, events: string[]) {
  for (;;) {
    const answers = client.heard.flatMap((one) =>
      "reply_to" in one && events.includes(one.reply_to!)
        ? [[one.reply_to, one.type]]
        : []
    );
    if (answers.length === events.length) return answers;
    await pause(5);
  }
}

Deno.test("messages right behind a start are answered after started, changes in order", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ ...LIVE, event_id: "0" }));
  client.send({ type: "update", stream: "a", energy: 0.5, event_id: "1" });
  client.send({ type: "reset", stream: "a", event_id: "2" });
  client.send({ type: "pause", stream: "a", event_id: "3" });
  const answers = await answersTo(client, ["0", "1", "2", "3"]);
  assertEquals(answers[0], ["0", "started"]);
  assertEquals(answers.filter(([event]) => event === "1" || event === "2"), [
    ["1", "scheduled"],
    ["2", "reset"],
  ]);
  assertEquals(new Map(answers as [string, string][]).get("3"), "paused");
});

Deno.test("messages to a stream that is cancelled while it starts are answered", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start(LIVE));
  client.send({ type: "update", stream: "a", energy: 0.5, event_id: "u" });
  client.send({ type: "cancel", stream: "a", event_id: "c" });
  const answers = new Map(
    await answersTo(client, ["u", "c"]) as [string, string][],
  );
  assertEquals(answers.get("c"), "cancelled");
  assert(["scheduled", "error"].includes(answers.get("u")!));
});

Deno.test("ping is answered with the time", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send({ type: "ping", t: 1.5, event_id: "t" });
  const pong = await client.next("pong");
  assertEquals([pong.t, pong.reply_to], [1.5, "t"]);
  assert(Math.abs(pong.server_time_ms - Date.now()) < 1000);
});
