/**
 * `deno task chaos --minutes 30`: eight streams at real time while workers are
 * killed, stopped and slowed at random and NATS is restarted twice. Counts what
 * listeners would notice and compares every sample with an undisturbed run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { start, TestClient } from "../session/test_server.ts";
import { NatsServer, pause, Process } from "../cluster/processes.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    models: { type: "string", default: "models/pocket" },
  },
});
const seconds = 60 * Number(values.minutes);
if (!(seconds > 0 && seconds <= 3600)) {
  console.error("Usage: deno task chaos [--minutes n, up to 60] [--seed n]");
  Deno.exit(2);
}

const STREAMS = 8;
const WORKERS = 3;
/** Time between two mishaps, in s: from this to twice as much. */
const EVERY_SECONDS = 5;

let state = Number(values.seed) >>> 0;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** All streams to their end: digests, warnings, errors. */
async function play(server: Process, pace: "asap" | "realtime") {
  const client = new TestClient(server.wsUrl);
  for (let i = 0; i < STREAMS; i++) {
    client.send(start({
      ...{ stream: `s${i}`, seed: i, bpm: 100 + i, duration: { seconds } },
      // Steps that were asked for stay, so that the samples can be compared.
      ...{ pace, steps: 2, lead_ms: 400, format: { codec: "pcm_s16le" } },
    }));
  }
  const ended = () => client.all("done").length + client.all("error").length;
  while (ended() < STREAMS && client.socket.readyState <= WebSocket.OPEN) {
    await pause(100);
    // What came is not kept: half an hour of it is 2.7 GB.
    for (const frame of client.heard) {
      if (frame.type === "frame") frame.payload = new Uint8Array();
    }
  }
  const done = client.all("done");
  client.socket.close();
  return {
    digests: done.map(({ stream, receipt }) =>
      `${stream} ${receipt.pcm_sha256}`
    ).sort(),
    underruns: client.all("warning").filter(({ code }) => code === "underrun")
      .length,
    errors: client.all("error"),
  };
}

const MODELS = values.models;
console.log(`undisturbed: ${STREAMS} streams of ${seconds} s`);
const alone = await Process.start("main.ts", { MODELS });
const undisturbed = await play(alone, "asap");
await alone.end("SIGTERM");

await using nats = await NatsServer.start();
const env = { NATS_URL: nats.url, MODELS };
const workers = await Promise.all(
  Array.from({ length: WORKERS }, () => Process.start("worker.ts", env)),
);
await using gateway = await Process.start("main.ts", env);
await gateway.logged(`"workers":${WORKERS}`);
const counts = { killed: 0, stopped: 0, slowed: 0, nats: 0 };
let over = false;
const restarts = [seconds / 3, 2 * seconds / 3];
const began = performance.now();

async function mishaps(): Promise<void> {
  while (!over) {
    await pause(1000 * EVERY_SECONDS * (1 + random()));
    if (over) return;
    if ((performance.now() - began) / 1000 > (restarts[0] ?? Infinity)) {
      restarts.shift();
      counts.nats++;
      await nats.kill();
      await pause(1000);
      await nats.restart();
      continue;
    }
    const i = Math.floor(random() * WORKERS);
    const { child } = workers[i]!;
    const kind = Math.floor(random() * 3);
    if (kind === 0) {
      counts.killed++;
      await workers[i]!.end("SIGKILL");
      workers[i] = await Process.start("worker.ts", env);
    } else if (kind === 1) {
      counts.stopped++;
      child.kill("SIGSTOP");
      await pause(4000 * random());
      child.kill("SIGCONT");
    } else {
      // Stopped for half of each tenth of a second.
      counts.slowed++;
      for (let turn = 0; turn < 40; turn++) {
        child.kill(turn % 2 === 0 ? "SIGSTOP" : "SIGCONT");
        await pause(50);
      }
      child.kill("SIGCONT");
    }
  }
}

const trouble = mishaps();
const disturbed = await play(gateway, "realtime");
over = true;
await trouble;
for (const worker of workers) await worker.end("SIGKILL");
const same = disturbed.digests.length === STREAMS &&
  disturbed.digests.every((each, i) => each === undisturbed.digests[i]);
console.log(JSON.stringify({ minutes: seconds / 60, ...counts }));
console.log(
  `underruns: ${disturbed.underruns}, errors: ${disturbed.errors.length}, ` +
    `samples ${same ? "the same as" : "NOT those of"} an undisturbed run`,
);
if (!same) {
  console.log(JSON.stringify([undisturbed, disturbed], null, 2));
  console.log(gateway.log.split("\n").slice(-40).join("\n"));
}
Deno.exit(same ? 0 : 1);
