import { assert, assertEquals } from "@std/assert";
import { connectNats, openJetStreamStore } from "../../lib/cluster/mod.ts";
import { Decoder } from "@evan/opus";
import { MOST_STATES } from "../../lib/session/state_store.ts";
import { SILENT } from "../inference/tiny.ts";
import { type Heard, start, TestClient } from "../session/test_server.ts";
import { HAS_NATS, NatsServer, pause, Process } from "./processes.ts";

const ignore = !HAS_NATS;
type Frame = Extract<Heard, { type: "frame" }>;

const PIECES = [
  { stream: "pcm", seed: 1, format: { codec: "pcm_s16le" } },
  { stream: "opus", seed: 2, format: { codec: "opus" } },
  {
    stream: "endless",
    seed: 3,
    format: { codec: "pcm_s16le" },
    duration: null,
  },
].map((piece) => ({
  ...{ bpm: 110, duration: { seconds: 12 }, pace: "realtime", steps: 2 },
  ...piece,
}));
/** Frames of the endless stream that are compared. */
const ENOUGH = 500;
const UPDATE = { energy: 0.8, prompts: [{ text: "slow blues" }], at: "4bar" };

/** What came of each stream, over however many connections. */
class Received {
  readonly frames = new Map<string, Frame[]>();
  readonly done = new Map<string, unknown>();

  add(client: TestClient): void {
    for (const { stream, handle } of client.all("started")) {
      const frames = client.frames.filter((frame) => frame.handle === handle);
      const before = this.frames.get(stream) ?? [];
      assertEquals(frames[0]!.seq, before.length, stream);
      this.frames.set(stream, [...before, ...frames]);
    }
    for (const { stream, samples, end_trim, receipt } of client.all("done")) {
      this.done.set(stream, { samples, end_trim, receipt });
    }
  }

  bytes(stream: string, frames = Infinity): Uint8Array {
    const all = this.frames.get(stream)!.slice(0, frames);
    all.forEach(({ seq }, i) => assertEquals(seq, i));
    return Uint8Array.from(all.flatMap(({ payload }) => [...payload]));
  }
}

/** Waits without patience of its own: the machine may be busy. */
async function until(what: () => boolean, why: () => string): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    assert(tries < 2400, why());
    await pause(50);
  }
}

async function begin(url: string): Promise<TestClient> {
  const client = new TestClient(url);
  for (const piece of PIECES) client.send(start(piece));
  await until(
    () => client.all("first_audio").length === PIECES.length,
    () => "no audio",
  );
  for (const { stream } of PIECES) {
    client.send({ type: "update", stream, ...UPDATE });
  }
  await until(
    () => client.all("scheduled").length === PIECES.length,
    () => "no answer",
  );
  return client;
}

async function finish(client: TestClient, log: () => string): Promise<void> {
  const handle = () =>
    client.all("started").find(({ stream }) => stream === "endless")?.handle;
  await until(
    () =>
      client.all("done").length === 2 &&
      client.frames.some((frame) =>
        frame.handle === handle() && frame.seq >= ENOUGH
      ),
    () => `the streams do not end: ${log()}`,
  );
  assertEquals(client.all("error"), []);
}

function decoded(frames: readonly Frame[]): Int16Array {
  const decoder = new Decoder({ channels: 2, sample_rate: 48_000 });
  return Int16Array.from(frames.flatMap(({ payload }) => {
    const { buffer } = new Uint8Array(decoder.decode(payload));
    return [...new Int16Array(buffer)];
  }));
}

function assertSame(a: Uint8Array, b: Uint8Array, what: string): void {
  assertEquals(a.findIndex((byte, i) => byte !== b[i]), -1, what);
  assertEquals(a.length, b.length, what);
}

Deno.test({
  name:
    "a gateway is killed: its streams go on over another, sample by sample; then that one is sent away",
  ignore,
  async fn() {
    await using nats = await NatsServer.start({ jetStream: true });
    const env = { NATS_URL: nats.url, DRAIN_MS: "60000" };
    await using _worker = await Process.start("worker.ts", env);
    const gateways = await Promise.all(
      Array.from({ length: 3 }, () => Process.start("main.ts", env)),
    );
    await using one = gateways[0]!;
    await using two = gateways[1]!;
    await using three = gateways[2]!;

    const first = await begin(one.wsUrl);
    await pause(1000);
    await one.end("SIGKILL");
    const mended = new Received();
    await first.closed;
    mended.add(first);
    const lost = (client: TestClient) => ({
      type: "resume",
      session: client.all("hello")[0]!.session,
      streams: [...mended.frames].map(([stream, frames]) => ({
        ...{ stream, last_seq: frames.at(-1)!.seq },
      })),
    });
    // It came after what was scheduled was answered: the change must not be lost.
    await using second = new TestClient(two.wsUrl);
    second.send(lost(first));
    await until(
      () => second.all("resumed").length === PIECES.length,
      () => two.log,
    );
    await pause(1500);
    // Whoever is sent away tells the streams' clients, who go elsewhere at once.
    two.child.kill("SIGTERM");
    await second.next("draining");
    second.socket.close();
    await second.closed;
    mended.add(second);
    await using third = new TestClient(three.wsUrl);
    third.send(lost(second));
    await finish(third, () => three.log);
    mended.add(third);
    assertEquals((await two.child.status).code, 0);

    const whole = new Received();
    const undisturbed = await begin(three.wsUrl);
    await finish(undisturbed, () => three.log);
    undisturbed.socket.close();
    await undisturbed.closed;
    whole.add(undisturbed);
    const at = (client: TestClient) =>
      client.all("scheduled").map(({ stream, at_sample }) =>
        `${stream} ${at_sample}`
      ).sort();
    assertEquals(at(first), at(undisturbed));
    assertSame(mended.bytes("pcm"), whole.bytes("pcm"), "pcm");
    assertSame(
      mended.bytes("endless", ENOUGH),
      whole.bytes("endless", ENOUGH),
      "endless",
    );
    // The receipts' hashes are those of the samples before encoding.
    assertEquals(mended.done, whole.done);
    const [a, b] = [mended, whole].map(({ frames }) =>
      decoded(frames.get("opus")!)
    );
    assertEquals(a!.length, b!.length);
    let [error, power] = [0, 0];
    a!.forEach((value, i) => {
      error += (value - b![i]!) ** 2;
      power += value ** 2;
    });
    const decibels = 10 * Math.log10(power / error);
    assert(decibels > 20, `the decoded streams differ by ${decibels} dB`);
  },
});

Deno.test({
  name: "states in JetStream: in order, no more than so many, taken only once",
  ignore,
  async fn() {
    await using nats = await NatsServer.start({ jetStream: true });
    const connection = await connectNats(nats.url, { name: "t", log: SILENT });
    const store = (await openJetStreamStore(connection, SILENT))!;
    const state = (n: number) => ({
      text: `{"n":${n}}`,
      arrays: [Float32Array.of(n, Math.PI)],
    });
    let revision: number | null = null;
    for (let n = 0; n < MOST_STATES + 6; n++) {
      const next: number | null = await store.put("a.b", state(n), revision);
      assert(next !== null);
      if (n > 3) assertEquals(await store.put("a.b", state(n), revision), null);
      revision = next;
    }
    const states = await store.states("a.b");
    assertEquals(states.length, MOST_STATES);
    assertEquals(states[0], { ...state(MOST_STATES + 5), revision: revision! });
    assertEquals(await store.states("a.c"), []);
    await store.drop("a.b");
    assertEquals(await store.states("a.b"), []);
    await connection.close();
  },
});

Deno.test({
  name: "a NATS without JetStream is said once; a gateway goes on without",
  ignore,
  async fn() {
    await using nats = await NatsServer.start();
    const connection = await connectNats(nats.url, { name: "t", log: SILENT });
    assertEquals(await openJetStreamStore(connection, SILENT), null);
    await connection.close();
  },
});
