import { assert, assertEquals } from "@std/assert";
import {
  connectNats,
  openRemoteEngine,
  serveEngine,
} from "../../lib/cluster/mod.ts";
import type { Engine } from "../../lib/inference/mod.ts";
import { createStream } from "../../lib/stream/mod.ts";
import {
  openTiny,
  SILENT,
  TINY_LAYERS,
  TINY_SPECTRUM,
} from "../inference/tiny.ts";
import { start, TestClient } from "../session/test_server.ts";
import { HAS_NATS, NatsServer, pause, Process } from "./processes.ts";

const ignore = !HAS_NATS;
const MODELS = [TINY_LAYERS, TINY_SPECTRUM];

async function digestOf(engine: Engine, id: string): Promise<string> {
  const stream = await createStream({
    model: engine.models.get(id)!,
    controls: { prompts: [{ text: "slow blues", weight: 1 }] },
    ...{ seed: 9, duration: { seconds: 4 }, loop: false, steps: null },
  });
  const parts: Float32Array<ArrayBuffer>[] = [];
  for (;;) {
    const deadlineMs = performance.now() + 1000;
    const { left, right, last } = await stream.read(4800, { deadlineMs });
    parts.push(left.slice(), right.slice());
    if (!last) continue;
    const bytes = await new Blob(parts).bytes();
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  }
}

async function joinWorker(nats: NatsServer): Promise<AsyncDisposable> {
  const engine = await openTiny(MODELS);
  const connection = await connectNats(nats.url, { name: "w", log: SILENT });
  const worker = serveEngine(engine, { nats: connection, log: SILENT });
  return {
    async [Symbol.asyncDispose]() {
      await worker.leave();
      await engine[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "models of workers elsewhere give the samples of one's own",
  ignore,
  async fn() {
    await using nats = await NatsServer.start();
    await using _one = await joinWorker(nats);
    await using _two = await joinWorker(nats);
    const connection = await connectNats(nats.url, { name: "g", log: SILENT });
    await using remote = await openRemoteEngine({
      nats: connection,
      log: SILENT,
    });
    await using own = await openTiny(MODELS);
    for (const id of ["tiny_layers", "tiny_spectrum"]) {
      assertEquals(await digestOf(remote, id), await digestOf(own, id));
    }
    assertEquals(remote.provider, "cpu");
    assertEquals([...remote.models.keys()], [...own.models.keys()]);
    const demand = remote.models.get("tiny_layers")!.demand!(4);
    assert(demand.networks > 0 && demand.synthesis > 0);
  },
});

/** Eight streams that play at real time, and what each came to. */
async function playEight(
  server: Process,
  meanwhile: () => Promise<void>,
): Promise<Record<string, string>> {
  await using client = new TestClient(server.wsUrl);
  const names = Array.from({ length: 8 }, (_, i) => `s${i}`);
  for (const [i, stream] of names.entries()) {
    client.send(start({
      ...{ stream, seed: i, bpm: 100 + i, duration: { seconds: 9 } },
      ...{ pace: "realtime", steps: 2, format: { codec: "pcm_s16le" } },
    }));
  }
  await client.next("first_audio");
  await meanwhile();
  // A test has no patience of its own: the machine may be busy.
  for (let tries = 0; client.all("done").length < 8; tries++) {
    assertEquals(client.all("error"), [], server.log);
    assert(tries < 2400, "the streams do not end");
    await pause(50);
  }
  return Object.fromEntries(
    client.all("done").map(({ stream, receipt }) => [
      stream,
      receipt.pcm_sha256,
    ]),
  );
}

Deno.test({
  name:
    "workers killed, stopped and sent away, NATS restarted: no sample is lost or changed",
  ignore,
  async fn() {
    await using alone = await Process.start("main.ts", {});
    const undisturbed = await playEight(alone, () => Promise.resolve());
    await alone.end("SIGTERM");

    await using nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    await using killed = await Process.start("worker.ts", env);
    await using stopped = await Process.start("worker.ts", env);
    await using last = await Process.start("worker.ts", env);
    await using gateway = await Process.start("main.ts", env);
    await gateway.logged('"workers":3');
    const disturbed = await playEight(gateway, async () => {
      await killed.end("SIGKILL");
      await gateway.logged("worker lost");
      stopped.child.kill("SIGSTOP");
      await pause(2000);
      stopped.child.kill("SIGCONT");
      await pause(500);
      await nats.kill();
      await pause(500);
      await nats.restart();
      await gateway.logged("nats is back");
      await pause(500);
      assertEquals(await stopped.end("SIGTERM"), 0);
    });
    assertEquals(disturbed, undisturbed);
    assertEquals(await gateway.end("SIGTERM"), 0);
    assertEquals(await last.end("SIGTERM"), 0);
  },
});

Deno.test({
  name:
    "a gateway whose workers are gone says so, and is ready when one is back",
  ignore,
  async fn() {
    await using nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    await using only = await Process.start("worker.ts", env);
    await using gateway = await Process.start("main.ts", env);
    const ask = async (path: string) => {
      const response = await fetch(gateway.url + path);
      const text = await response.text();
      return { status: response.status, text };
    };
    assertEquals((await ask("/readyz")).status, 200);
    await only.end("SIGKILL");
    await gateway.logged("worker lost");
    for (const path of ["/readyz", "/v1/generate?prompt=x&seconds=1"]) {
      const { status, text } = await ask(path);
      assertEquals([status, text.includes("No worker is there")], [503, true]);
    }
    await using next = await Process.start("worker.ts", env);
    while ((await ask("/readyz")).status !== 200) await pause(100);
    assertEquals((await ask("/v1/generate?prompt=x&seconds=1")).status, 200);
    void next;
  },
});

Deno.test("without NATS a worker and a gateway say so and end", async () => {
  const env = { NATS_URL: "nats://user:sesame@127.0.0.1:1" };
  for (const script of ["main.ts", "worker.ts"] as const) {
    const { code, log } = await Process.fails(script, env);
    assertEquals(code, 1);
    assertEquals(
      log,
      "prestissimo: Cannot reach NATS at 127.0.0.1:1: connection refused\n",
    );
  }
  const { log } = await Process.fails("worker.ts", {});
  assertEquals(
    log,
    "prestissimo: NATS_URL is not set: a worker needs it, such as nats://127.0.0.1:4222\n",
  );
});
