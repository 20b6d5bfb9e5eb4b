/**
 * Live streams over gateways, NATS and workers that are killed, stopped and slowed
 * at random: what listeners would notice.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { assert } from "@std/assert";
import { connect } from "../../lib/client/mod.ts";
import { NatsServer, pause, Process } from "../cluster/processes.ts";
import { line } from "../line.ts";

const WORKERS = 3;
const GATEWAYS = 2;
const LEAD_MS = 400;
/** A listener goes without audio for longer than this if it is to count. */
const GAP_MS = 20;

/** What to do. */
export interface Plan {
  streams: number;
  /** Length of the streams. */
  seconds: number;
  /** Time between two mishaps, in s: from this to twice as much. */
  everySeconds: number;
  natsRestarts: number;
  seed: number;
  models: string;
  /** Told what was done, and of every gap that is longer than a second. */
  tell?: (line: string) => void;
}

/** What was done, and what came of it. */
export interface Outcome {
  did: Record<Mishap | "nats", number>;
  /** Streams whose samples are those of an undisturbed run. */
  same: number;
  /** The server's warnings that it was late. */
  underruns: number;
  /** Times that a listener, who began `LEAD_MS` after the first packet, had nothing to play. */
  gaps: number;
  /** The longest of these, in ms. */
  longestGapMs: number;
  /** Connections that were lost and found again. */
  losses: number;
}

type Mishap = "workers killed" | "stopped" | "slowed" | "gateways killed";
const MISHAPS: Mishap[] = [
  "workers killed",
  "stopped",
  "slowed",
  "gateways killed",
];

/** All streams to their end, as a client hears them. */
async function play(
  url: string,
  plan: Plan,
  pace: "asap" | "realtime",
  tell: (line: string) => void = () => {},
) {
  const heard = { underruns: 0, gaps: 0, longestGapMs: 0, losses: 0 };
  await using client = await connect(url, { reconnectMs: 120_000 });
  client.on("disconnected", () => heard.losses++);
  async function listen(i: number): Promise<string> {
    const stream = client.play({
      ...{ stream: `s${i}`, prompts: [{ text: "rain" }], seed: i },
      ...{ bpm: 100 + i, duration: { seconds: plan.seconds } },
      // Steps that were asked for stay, so that the samples can be compared.
      ...{ pace, steps: 2, lead_ms: LEAD_MS, format: { codec: "pcm_s16le" } },
    });
    stream.on("warning", ({ code }) => {
      if (code === "underrun") heard.underruns++;
    });
    const hash = createHash("sha256");
    let next = 0;
    /** When what has come will have been played. */
    let empty = Infinity;
    for await (const { seq, payload, discontinuity } of stream) {
      assert(seq === next++ && !discontinuity, `s${i}: ${seq} after ${next}`);
      hash.update(payload);
      const now = performance.now();
      if (seq === 0) empty = now + LEAD_MS;
      const gapMs = now - empty;
      if (gapMs > GAP_MS) {
        heard.gaps++;
        heard.longestGapMs = Math.max(heard.longestGapMs, gapMs);
        if (gapMs > 1000) tell(`s${i} is silent for ${Math.round(gapMs)} ms`);
      }
      empty = Math.max(empty, now) + 20;
    }
    await stream.finished;
    return hash.digest("hex");
  }
  const all = Array.from({ length: plan.streams }, (_, i) => listen(i));
  const hashes = await Promise.all(all);
  return { hashes, ...heard };
}

/** Numbers in [0, 1), the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Carries out a plan. */
export async function chaos(plan: Plan): Promise<Outcome> {
  const { models: MODELS, seconds } = plan;
  const alone = await Process.start("main.ts", { MODELS });
  const undisturbed = await play(alone.url, plan, "asap");
  await alone.end("SIGTERM");

  await using nats = await NatsServer.start({ jetStream: true });
  const env = { NATS_URL: nats.url, MODELS };
  const many = (script: "main.ts" | "worker.ts", count: number) =>
    Promise.all(
      Array.from({ length: count }, () => Process.start(script, env)),
    );
  const workers = await many("worker.ts", WORKERS);
  const gateways = await many("main.ts", GATEWAYS);
  for (const one of gateways) await one.logged(`"workers":${WORKERS}`);
  await using way = line(gateways[0]!.port);

  const did = { nats: 0 } as Outcome["did"];
  for (const kind of MISHAPS) did[kind] = 0;
  const random = randomOf(plan.seed);
  const over = Promise.withResolvers<void>();
  const ended = new AbortController();
  const bag: Mishap[] = [];
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  const tell = (line: string) =>
    plan.tell?.(`${passed().toFixed(1)} s: ${line}`);
  const restarts = Array.from(
    { length: plan.natsRestarts },
    (_, i) => seconds * (i + 1) / (plan.natsRestarts + 1),
  );

  const acts: Record<Mishap, (worker: number) => Promise<void>> = {
    async "workers killed"(i) {
      await workers[i]!.end("SIGKILL");
      workers[i] = await Process.start("worker.ts", env);
    },
    async stopped(i) {
      workers[i]!.child.kill("SIGSTOP");
      await pause(4000 * random());
      workers[i]!.child.kill("SIGCONT");
    },
    async slowed(i) {
      // Stopped for half of each tenth of a second.
      for (let turn = 0; turn < 40; turn++) {
        workers[i]!.child.kill(turn % 2 === 0 ? "SIGSTOP" : "SIGCONT");
        await pause(50);
      }
      workers[i]!.child.kill("SIGCONT");
    },
    async "gateways killed"() {
      // The one that plays; whoever comes back is led to another.
      const lost = gateways.shift()!;
      way.lead(gateways[0]!.port);
      await lost.end("SIGKILL");
      gateways.push(await Process.start("main.ts", env));
    },
  };

  async function trouble(): Promise<void> {
    while (!ended.signal.aborted) {
      const ms = 1000 * plan.everySeconds * (1 + random());
      await Promise.race([pause(ms), over.promise]);
      if (ended.signal.aborted) return;
      if (passed() > (restarts[0] ?? Infinity)) {
        restarts.shift();
        did.nats++;
        tell("NATS restarts");
        await nats.kill();
        await pause(1000);
        await nats.restart();
        continue;
      }
      // Each kind once before any comes again.
      if (bag.length === 0) bag.push(...MISHAPS);
      const [kind] = bag.splice(Math.floor(random() * bag.length), 1);
      did[kind!]++;
      tell(kind!);
      await acts[kind!](Math.floor(random() * WORKERS));
    }
  }

  const troubled = trouble();
  try {
    const { hashes, ...heard } = await play(way.url, plan, "realtime", tell);
    const same = hashes.filter((hash, i) =>
      hash === undisturbed.hashes[i]
    ).length;
    return { did, same, ...heard };
  } finally {
    ended.abort();
    over.resolve();
    await troubled;
    for (const one of [...workers, ...gateways]) await one.end("SIGKILL");
  }
}
