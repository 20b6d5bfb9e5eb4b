import { Decoder } from "@evan/opus";
import { assert, assertEquals } from "@std/assert";
import {
  KEPT_MS,
  MemoryStore,
  MOST_STATES,
} from "../../lib/session/state_store.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { type Heard, start, startServer, TestClient } from "./test_server.ts";

type Server = ReturnType<typeof startServer>;
type Frame = Extract<Heard, { type: "frame" }>;

const PIECE = {
  ...{ seed: 5, bpm: 120, duration: { seconds: 5 }, pace: "realtime" },
  ...{ format: { codec: "pcm_s16le", frame_ms: 20 }, lead_ms: 400 },
};

function serve(options: Parameters<typeof startServer>[0] = {}): Server {
  return startServer({ createStream, ...options });
}

async function session(client: TestClient): Promise<string> {
  return (await client.next("hello")).session;
}

async function heard(client: TestClient, seq: number): Promise<void> {
  await client.next("frame", (frame) => frame.seq >= seq);
}

function bytesOf(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(frames.flatMap(({ payload }) => [...payload]));
}

/** Interleaved s16 that one decoder makes of all packets. */
function decoded(frames: readonly Frame[]): Int16Array {
  const decoder = new Decoder({ channels: 2, sample_rate: 48_000 });
  return Int16Array.from(frames.flatMap(({ payload }) => {
    const { buffer } = new Uint8Array(decoder.decode(payload));
    return [...new Int16Array(buffer)];
  }));
}

/** How far a decoder's output is from the music in the worst frame, RMS. */
function noise(output: Int16Array, music: Int16Array): number {
  const preSkip = 2 * 312;
  let most = 0;
  for (let from = 0; from + 1920 <= music.length; from += 1920) {
    let sum = 0;
    for (let i = from; i < from + 1920; i++) {
      sum += (output[i + preSkip]! - music[i]!) ** 2;
    }
    most = Math.max(most, Math.sqrt(sum / 1920));
  }
  return most;
}

/** Fails at the first byte that differs. */
function assertSame(a: Uint8Array, b: Uint8Array): void {
  assertEquals(a.findIndex((byte, i) => byte !== b[i]), -1);
  assertEquals(a.length, b.length);
}

/** What is heard of a piece that nothing disturbs. */
async function undisturbed(server: Server, piece: Record<string, unknown>) {
  await using client = new TestClient(server.wsUrl);
  client.send(start({ ...piece, pace: "asap" }));
  const done = await client.next("done");
  return { frames: client.frames, done };
}

/** The same over two connections: the first is lost after `breaks` frames. */
async function broken(
  server: Server,
  piece: Record<string, unknown>,
  breaks: number,
  { held = false } = {},
) {
  await using first = new TestClient(server.wsUrl);
  const token = await session(first);
  first.send(start(piece));
  await heard(first, breaks);
  if (held) {
    first.send({ type: "pause", stream: "a" });
    await first.next("paused");
  }
  first.socket.close();
  await first.closed;
  const { frames } = first;
  const { seq: last_seq } = frames.at(-1)!;
  await using second = new TestClient(server.wsUrl);
  second.send({
    ...{ type: "resume", session: token, event_id: "r" },
    streams: [{ stream: "a", last_seq }],
  });
  const started = await second.next("started");
  assertEquals([started.stream, started.reply_to], ["a", "r"]);
  if (held) {
    await second.next("paused");
    second.send({ type: "resume", stream: "a" });
  }
  const resumed = await second.next("resumed");
  assertEquals(resumed.at_sample, (last_seq + 1) * 960);
  const done = await second.next("done");
  assert(second.frames.every(({ handle }) => handle === started.handle));
  return { frames: [...frames, ...second.frames], done, started };
}

Deno.test("a stream goes on over another connection, sample by sample", async () => {
  await using server = serve();
  const whole = await undisturbed(server, PIECE);
  const mended = await broken(server, PIECE, 60);
  assertEquals(
    mended.frames.map(({ seq }) => seq),
    whole.frames.map(({ seq }) => seq),
  );
  assertSame(bytesOf(mended.frames), bytesOf(whole.frames));
  assertEquals(mended.done, whole.done);
  assertEquals(mended.started.seed, 5);
});

Deno.test("a loop goes on likewise", async () => {
  await using server = serve();
  const piece = { ...PIECE, duration: { bars: 2 }, loop: true };
  const whole = await undisturbed(server, piece);
  const mended = await broken(server, piece, 60);
  assertSame(bytesOf(mended.frames), bytesOf(whole.frames));
  assertEquals(mended.done, whole.done);
});

Deno.test("an Opus stream goes on with packets that decode to the same music", async () => {
  await using server = serve();
  const piece = { ...PIECE, format: { codec: "opus" } };
  const whole = await undisturbed(server, piece);
  // Kept where it is held: the new encoder has no more to settle in than it must.
  const mended = await broken(server, piece, 60, { held: true });
  assertEquals(
    mended.frames.map(({ seq }) => seq),
    whole.frames.map(({ seq }) => seq),
  );
  assertEquals(mended.done, whole.done);
  // Two encodings of the same samples: where the one takes over from the other,
  // the decoder's output is no further from the music than anywhere else.
  const { frames: pcm } = await undisturbed(server, PIECE);
  const { buffer } = bytesOf(pcm);
  const music = new Int16Array(buffer);
  const usual = noise(decoded(whole.frames), music);
  assert(usual > 100, "an encoder that loses nothing");
  const most = noise(decoded(mended.frames), music);
  assert(most < 1.5 * usual, `${most} after the break, ${usual} without`);
});

Deno.test("what was changed before stays changed, what is held stays held", async () => {
  await using server = serve();
  await using first = new TestClient(server.wsUrl);
  const token = await session(first);
  const endless = { ...PIECE, duration: null };
  first.send(start(endless));
  await heard(first, 20);
  first.send({ type: "update", stream: "a", energy: 0.9, at: "bar" });
  const { at_sample } = await first.next("scheduled");
  first.send({ type: "pause", stream: "a" });
  const paused = await first.next("paused");
  first.socket.close();
  await first.closed;
  const { seq: last_seq } = first.frames.at(-1)!;

  await using second = new TestClient(server.wsUrl);
  second.send({
    ...{ type: "resume", session: token },
    streams: [{ stream: "a", last_seq }],
  });
  assertEquals((await second.next("paused")).at_sample, paused.at_sample);
  assertEquals(second.frames, []);
  second.send({ type: "resume", stream: "a" });
  assertEquals((await second.next("resumed")).at_sample, paused.at_sample);
  const end = Math.ceil(at_sample / 960) + 50;
  await heard(second, end);

  // The same, by somebody who is not disturbed.
  await using other = new TestClient(server.wsUrl);
  other.send(start(endless));
  await heard(other, 20);
  other.send({ type: "update", stream: "a", energy: 0.9, at: "bar" });
  assertEquals((await other.next("scheduled")).at_sample, at_sample);
  await heard(other, end);
  assertSame(
    bytesOf([...first.frames, ...second.frames].slice(0, end)),
    bytesOf(other.frames.slice(0, end)),
  );
});

Deno.test("what was changed, and sent, after what was heard last comes again", async () => {
  await using server = serve();
  await using first = new TestClient(server.wsUrl);
  const token = await session(first);
  first.send(start({ ...PIECE, lead_ms: 2000 }));
  await heard(first, 20);
  first.send({ type: "update", stream: "a", bpm: 150, at: "beat" });
  const faster = await first.next("scheduled");
  first.send({ type: "update", stream: "a", energy: 0.9, at: "beat" });
  await first.next("scheduled");
  await heard(first, Math.ceil(faster.at_sample / 960) + 40);
  first.send({ type: "reset", stream: "a" });
  const forgot = await first.next("reset");
  await heard(first, Math.ceil(forgot.at_sample / 960) + 2);
  first.send({ type: "pause", stream: "a" });
  await first.next("paused");
  first.socket.close();
  await first.closed;

  await using second = new TestClient(server.wsUrl);
  const last_seq = Math.floor(faster.at_sample / 960) - 5;
  second.send({
    ...{ type: "resume", session: token },
    streams: [{ stream: "a", last_seq }],
  });
  const { at_sample } = await second.next("paused");
  assertEquals(at_sample, (last_seq + 1) * 960);
  assertEquals(second.frames, []);
  second.send({ type: "resume", stream: "a" });
  const { receipt } = await second.next("done");
  // Two that land together are one or two, as the first was made already.
  const landed = new Set(receipt.updates?.map(({ at_sample }) => at_sample));
  assertEquals([...landed], [faster.at_sample, forgot.at_sample]);
  const sent = first.frames.slice(last_seq + 1);
  const again = second.frames.slice(0, sent.length);
  assertSame(bytesOf(again), bytesOf(sent));
  assertEquals(
    again.map(({ seq, beat }) => [seq, beat]),
    sent.map(({ seq, beat }) => [seq, beat]),
  );
});

Deno.test("whoever comes back early takes the stream from the connection that was thought lost", async () => {
  await using server = serve();
  await using first = new TestClient(server.wsUrl);
  const token = await session(first);
  first.send(start({ ...PIECE, duration: null }));
  await heard(first, 10);
  await using second = new TestClient(server.wsUrl);
  second.send({
    ...{ type: "resume", session: token },
    streams: [{ stream: "a", last_seq: 5 }],
  });
  await heard(second, 20);
  assertEquals(second.frames[0]!.seq, 6);
  const { stream } = await first.next("cancelled");
  assertEquals(stream, "a");
  // The old token still leads there, and so does that of the second connection.
  const last_seq = second.frames.at(-1)!.seq;
  const newer = second.all("hello")[0]!.session;
  for (const session of [token, newer]) {
    await using third = new TestClient(server.wsUrl);
    const streams = [{ stream: "a", last_seq }];
    third.send({ type: "resume", session, streams });
    await heard(third, last_seq + 1);
    assertEquals(third.frames[0]!.seq, last_seq + 1);
  }
});

Deno.test("what cannot be gone on with is refused, and the connection lives on", async () => {
  const config = { apiKeys: ["one-key-of-sixteen", "two-key-of-sixteen"] };
  await using server = serve({ config });
  const url = (key: string) => `${server.wsUrl}?key=${key}`;
  await using owner = new TestClient(url("one-key-of-sixteen"));
  const token = await session(owner);
  owner.send(start({ ...PIECE, duration: null }));
  owner.send(start({ ...PIECE, duration: null, stream: "gone" }));
  await heard(owner, 10);
  owner.send({ type: "cancel", stream: "gone" });
  await owner.next("cancelled");
  const resume = (session: string, stream: string, last_seq: number) => ({
    ...{ type: "resume", event_id: "r", session },
    streams: [{ stream, last_seq }],
  });
  await using other = new TestClient(url("one-key-of-sixteen"));
  const refused = async (message: unknown) => {
    other.send(message);
    const { code, stream, reply_to } = await other.next("error");
    assertEquals(reply_to, "r");
    return `${code} ${stream}`;
  };
  const never = crypto.randomUUID();
  assertEquals(await refused(resume(never, "a", 3)), "unknown_session a");
  assertEquals(await refused(resume(token, "b", 3)), "unknown_session b");
  assertEquals(await refused(resume(token, "gone", 3)), "unknown_session gone");
  assertEquals(await refused(resume(token, "a", 1e9)), "bad_message a");
  assertEquals(
    await refused({ type: "resume", event_id: "r", session: token }),
    "bad_message undefined",
  );
  await using foreign = new TestClient(url("two-key-of-sixteen"));
  foreign.send(resume(token, "a", 3));
  assertEquals((await foreign.next("error")).code, "unknown_session");
  other.send({ type: "ping", t: 1 });
  await other.next("pong");
  assertEquals(owner.all("cancelled").length, 1);
});

Deno.test("while states cannot be read a stream is not given up", async () => {
  class Shaky extends MemoryStore {
    faults = 0;
    override states(key: string) {
      if (this.faults-- > 0) return Promise.reject(new Error("timeout"));
      return super.states(key);
    }
  }
  const states = new Shaky();
  await using server = serve({ states });
  const first = new TestClient(server.wsUrl);
  const lost = { type: "resume", session: await session(first) };
  first.send(start({ ...PIECE, duration: null }));
  await heard(first, 10);
  first.socket.close();
  await first.closed;
  const last_seq = first.frames.at(-1)!.seq;
  const resume = { ...lost, streams: [{ stream: "a", last_seq }] };
  states.faults = 1;
  await using second = new TestClient(server.wsUrl);
  second.send(resume);
  const { code, retry_after_ms } = await second.next("error");
  assertEquals([code, retry_after_ms], ["busy", 250]);
  second.send(resume);
  await heard(second, last_seq + 1);
  assertEquals(second.frames[0]!.seq, last_seq + 1);
});

Deno.test("states are kept for their time, and no more of them than there is room for", async () => {
  let nowMs = 0;
  const store = new MemoryStore(1000, () => nowMs);
  const state = { text: "{}", arrays: [new Float32Array(50)] };
  const first = await store.put("a", state, null);
  assertEquals(await store.put("a", state, first! + 7), null);
  assert(await store.put("a", state, first) !== null);
  assertEquals((await store.states("a")).length, 2);
  for (let i = 0; i < 10; i++) await store.put(`b${i}`, state, null);
  assert(store.bytes <= 1000, `${store.bytes}`);
  assertEquals(await store.states("a"), []);
  assertEquals((await store.states("b9")).length, 1);
  nowMs = KEPT_MS;
  assertEquals(await store.states("b9"), []);
  assertEquals(store.bytes, 0);

  const roomy = new MemoryStore();
  for (let i = 0; i < 2 * MOST_STATES; i++) await roomy.put("a", state, null);
  const states = await roomy.states("a");
  assertEquals(states.length, MOST_STATES);
  assert(states[0]!.revision > states.at(-1)!.revision);
  await roomy.drop("a");
  assertEquals(roomy.bytes, 0);
});
