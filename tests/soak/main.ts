/**
 * `deno task soak --minutes 120`: eight endless streams with an update each 5 s,
 * and a thousand connects and cancels beside them. Tells how memory, handles,
 * beats and loudness went.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Server } from "../e2e/server.ts";
import { pause, start, TestClient } from "../session/test_server.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "120" },
    models: { type: "string", default: "models/pocket" },
    visitors: { type: "string", default: "1000" },
  },
});
const totalMs = 60_000 * Number(values.minutes);
const visitors = Number(values.visitors);
if (!(totalMs > 0) || !(visitors >= 0)) {
  console.error("Usage: deno task soak [--minutes n] [--visitors n]");
  Deno.exit(2);
}

const STREAMS = 8;
const UPDATE_MS = 5000;
/** How often memory and the rest are looked at: 120 times, if that is not too often. */
const LOOK_MS = Math.max(2000, totalMs / 120);
const BPM = 117;
/** Loudness that is called steady stays within this, from look to look. */
const STEADY_DB = 2;

await using server = await Server.start({
  env: { MODELS: values.models, MAX_STREAMS: "32" },
});
const { pid } = server.child;
// Deno reads `/proc` only with every permission there is.
async function handles(): Promise<number> {
  const args = [`/proc/${pid}/fd`];
  const { stdout } = await new Deno.Command("ls", { args }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}
async function rssMb(): Promise<number> {
  return await server.metric("prestissimo_resident_memory_bytes") / 2 ** 20;
}

const client = new TestClient(server.wsUrl);
for (let i = 0; i < STREAMS; i++) {
  client.send(start({
    ...{ stream: `s${i}`, seed: i, bpm: BPM, duration: null },
    ...{ pace: "realtime", format: { codec: "pcm_s16le" } },
  }));
}
const looks: Look[] = [];
let underruns = 0;
let errors = 0;
let visits = 0;
let failedVisits = 0;
const began = performance.now();
const passed = () => performance.now() - began;
/** First sample that is still to come, by handle. */
const nextSample = new Map<number, number>();

/** What one look saw. */
interface Look {
  /** Resident memory in MB. */
  rss: number;
  fds: number;
  /** Of all streams together, in dB. */
  level: number;
  /** Largest distance of a beat from where the tempo has it, in samples. */
  drift: number;
  /** Streams that were heard. */
  streams: number;
  /** Frames that do not begin where the one before ended. */
  gaps: number;
}

/** How the connection with the streams was closed, if it was. */
let lost: string | null = null;
client.closed.then(({ code, reason }) => lost = `${code} ${reason}`);
/** True until it is time, or nothing is left to look at. */
const going = () => lost === null && passed() < totalMs;

async function updates(): Promise<void> {
  for (let i = 0; going(); i++) {
    await pause(UPDATE_MS / STREAMS);
    const energy = (i % 7) / 7;
    client.send({ type: "update", stream: `s${i % STREAMS}`, energy });
  }
}

async function visit(): Promise<void> {
  while (visits + failedVisits < visitors && going()) {
    try {
      const visitor = new TestClient(server.wsUrl);
      visitor.send(start({ duration: null }));
      await visitor.next("started");
      visitor.send({ type: "cancel", stream: "a" });
      await visitor.next("cancelled");
      visitor.socket.close();
      visits++;
    } catch (error) {
      failedVisits++;
      console.log(`a visit failed: ${(error as Error).message}`);
    }
    const next = (visits + failedVisits) * totalMs / visitors;
    await pause(Math.max(0, next - passed()));
  }
}

/** Takes what was heard out of memory, having measured it. */
function hear(): Pick<Look, "level" | "drift" | "streams" | "gaps"> {
  let [power, count, drift, gaps] = [0, 0, 0, 0];
  const streams = new Set<number>();
  for (const one of client.heard.splice(0)) {
    if (one.type === "warning" && one.code === "underrun") underruns++;
    if (one.type === "error") errors++;
    if (one.type !== "frame") continue;
    streams.add(one.handle);
    const exact = one.sample * BPM / (60 * 48_000);
    drift = Math.max(drift, Math.abs(one.beat - exact) * 60 * 48_000 / BPM);
    const samples = new Int16Array(one.payload.slice().buffer);
    for (const sample of samples) power += (sample / 32768) ** 2;
    count += samples.length;
    if (one.sample !== (nextSample.get(one.handle) ?? 0)) gaps++;
    nextSample.set(one.handle, one.sample + samples.length / 2);
  }
  client.times.length = 0;
  const level = 10 * Math.log10(power / Math.max(1, count));
  return { level, drift, streams: streams.size, gaps };
}

async function look(): Promise<void> {
  while (going()) {
    await pause(LOOK_MS);
    const one = { ...hear(), rss: await rssMb(), fds: await handles() };
    looks.push(one);
    console.log(
      `${(passed() / 60_000).toFixed(1)} min: ${one.rss.toFixed(0)} MB, ` +
        `${one.fds} handles, ${one.level.toFixed(1)} dB, ` +
        `drift ${one.drift.toExponential(1)} samples, ${one.gaps} gaps, ` +
        `${one.streams} streams, ${visits} visits, ${underruns} underruns, ` +
        `${errors} errors`,
    );
  }
}

await Promise.all([updates(), visit(), look()]);
if (lost !== null) console.log(`the connection was closed: ${lost}`);
client.socket.close();
// After the first ten minutes everything that is to be allocated is.
const settled = Math.min(10 * 60_000, totalMs / 4);
const later = looks.slice(Math.ceil(settled / LOOK_MS));
const range = (of: (one: Look) => number, among = later) => {
  const all = among.map(of);
  return [Math.min(...all), Math.max(...all)] as const;
};
const [rssLow, rssHigh] = range(({ rss }) => rss);
const [fdLow, fdHigh] = range(({ fds }) => fds);
const [quiet, loud] = range(({ level }) => level);
const [, drift] = range(({ drift }) => drift, looks);
const spread = 50 * (rssHigh - rssLow) / ((rssHigh + rssLow) / 2);
// A visitor is there now and then: what counts is the fewest there ever are.
const half = later.length / 2;
const [early] = range(({ fds }) => fds, later.slice(0, half));
const [late] = range(({ fds }) => fds, later.slice(half));
const gaps = looks.reduce((sum, one) => sum + one.gaps, 0);
const [playing] = range(({ streams }) => streams, looks);
const verdicts: [string, boolean][] = [
  [
    `resident ${rssLow.toFixed(0)} to ${rssHigh.toFixed(0)} MB ` +
    `(± ${spread.toFixed(1)} %)`,
    spread <= 5,
  ],
  [
    `handles ${fdLow} to ${fdHigh}; fewest in the first half ${early}, ` +
    `in the second ${late}`,
    late <= early,
  ],
  [
    `beat drift ${drift.toExponential(1)} samples, ${gaps} gaps`,
    drift < 1e-3 && gaps === 0,
  ],
  [
    `level ${quiet.toFixed(1)} to ${loud.toFixed(1)} dB`,
    loud - quiet < STEADY_DB,
  ],
  [
    `at least ${playing} streams heard at every look, ${errors} errors`,
    playing === STREAMS && errors === 0 && lost === null,
  ],
  [`${visits} visits, ${failedVisits} failed`, failedVisits === 0],
];
for (const [text, good] of verdicts) {
  console.log(`${good ? "good" : "BAD "}  ${text}`);
}
console.log(`      ${underruns} underruns`);
// What is left of the server has its own say when it is stopped.
if (!verdicts.every(([, good]) => good)) Deno.exitCode = 1;
