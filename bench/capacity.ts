/**
 * Live streams that this machine makes without an underrun, foretold and then
 * counted: `deno task capacity [--seconds n]`.
 *
 * Service times are measured on an idle engine, the simulation tells from them
 * how many streams there can be, and a server of its own then plays them. Both
 * play the same way: full steps, nobody refused, starts spread over 5 s.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { createOpusEncoder } from "../lib/audio/mod.ts";
import { connect } from "../lib/client/mod.ts";
import { openEngine } from "../lib/inference/open_engine.ts";
import { createLog } from "../lib/log.ts";
import { startServer } from "./server.ts";
import {
  measureServiceTimes,
  type ServiceTimes,
} from "./simulation/service_times.ts";
import { simulate } from "./simulation/simulation.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "20" } },
});
const seconds = Number(values.seconds);
if (!(seconds >= 10)) {
  console.error("Usage: deno task capacity [--seconds n, 10 or more]");
  Deno.exit(2);
}

const RUNS = 15;
/** Streams begin evenly within this time, in s. */
const START_SECONDS = 5;
/** Next number of streams to try, as a share of the last. */
const STEP = 1.1;
const cores = navigator.hardwareConcurrency;

const log = createLog("text", () => {});
const engine = await openEngine({
  ...{ models: ["models/pocket"], provider: "auto", threads: null, log },
});
const [model] = engine.models.values();
const { manifest } = model!;
const measured = await measureServiceTimes(model!, RUNS);
const { provider } = engine;
const { threads } = engine as unknown as { threads: number };
await engine[Symbol.asyncDispose]();
const times = onSharedCores(measured);

const foretold = await most((streams) => foretell(streams, times));
const unshared = await most((streams) => foretell(streams, measured));
console.log(`foretold: ${foretold} streams (${unshared} if cores were free)`);
const counted = await most(play, foretold);
const off = 100 * (foretold / counted - 1);
console.log(
  `foretold ${foretold}, counted ${counted} live streams without an underrun: ` +
    `ratio ${(foretold / counted).toFixed(2)}, ${off.toFixed(1)} % off ` +
    `(goal: within 15 %)`,
);

/**
 * Where synthesis and sockets have no cores beside the networks' threads, what
 * they do takes time from them: synthesis and Opus, over all cores.
 */
function onSharedCores(times: ServiceTimes): ServiceTimes {
  if (threads + 2 <= cores) return times;
  const opusMs = opusMsASecond();
  const frameSeconds = manifest.latent.hop_samples / 48_000;
  const decode = Object.entries(times.decode).map((
    [frames, { graph, synthesis }],
  ) => {
    const beside = synthesis + opusMs * Number(frames) * frameSeconds;
    return [frames, { graph: graph + beside / cores, synthesis }];
  });
  return { ...times, decode: Object.fromEntries(decode) };
}

/** Time that a second of Opus costs, in ms. */
function opusMsASecond(): number {
  using encoder = createOpusEncoder({
    bitrate: 128_000,
    frameSamples: 960,
  });
  const pcm = Int16Array.from(
    { length: 1920 },
    (_, i) => 9000 * Math.sin(i * i),
  );
  const runs = 500;
  for (let i = 0; i < runs; i++) encoder.encode(pcm);
  const begin = performance.now();
  for (let i = 0; i < runs; i++) encoder.encode(pcm);
  return 50 * (performance.now() - begin) / runs;
}

/** Underruns of so many streams in virtual time. */
async function foretell(streams: number, times: ServiceTimes): Promise<number> {
  const { underruns } = await simulate({
    ...{ manifest, times, order: "edf", streams, seconds, jitter: 0.2 },
    ...{ workers: 1, synthesisWorkers: 1, startSeconds: START_SECONDS },
    decodersTwice: provider === "cpu",
  });
  return underruns;
}

/** Underruns of so many streams of a server. */
async function play(streams: number): Promise<number> {
  await using server = await startServer({
    MAX_LOAD: "1000000",
    MAX_STREAMS: "1000",
    MAX_STREAMS_PER_CONNECTION: "1000",
  });
  const client = await connect(server.url);
  let underruns = 0;
  const all = [];
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; i < streams; i++) {
    const stream = client.play({
      prompts: [{ text: `techno, take ${i}`, weight: 1 }],
      // Steps that were asked for are not reduced.
      steps: manifest.sampler.steps,
    });
    stream.on("warning", ({ code }) => {
      if (code === "underrun") underruns++;
    });
    const done = (async () => {
      for await (const _ of stream);
    })();
    all.push({ stream, done });
    await sleep(1000 * START_SECONDS / streams);
  }
  await sleep(end - performance.now());
  const heard = underruns;
  await Promise.allSettled(all.map(({ stream }) => stream.cancel()));
  await Promise.all(all.map(({ done }) => done));
  client.close();
  console.log(`  ${streams} streams: ${heard} underruns`);
  return heard;
}

/** The most streams without an underrun, in steps of a tenth from `first` on. */
async function most(
  underruns: (streams: number) => Promise<number>,
  first = 10,
): Promise<number> {
  let streams = first;
  if (await underruns(streams) > 0) {
    do streams = Math.min(streams - 1, Math.round(streams / STEP)); while (
      streams > 0 && await underruns(streams) > 0
    );
    return streams;
  }
  for (;;) {
    const next = Math.max(streams + 1, Math.round(streams * STEP));
    if (await underruns(next) > 0) return streams;
    streams = next;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, Math.max(0, ms)));
}
