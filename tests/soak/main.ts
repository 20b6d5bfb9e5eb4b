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
const looks: { rss: number; fds: number; level: number; drift: number }[] = [];
let underruns = 0;
let errors = 0;
let visits = 0;
const began = performance.now();
const passed = () => performance.now() - began;

async function updates(): Promise<void> {
  for (let i = 0; passed() < totalMs; i++) {
    await pause(UPDATE_MS / STREAMS);
    const energy = (i % 7) / 7;
    client.send({ type: "update", stream: `s${i % STREAMS}`, energy });
  }
}

async function visit(): Promise<void> {
  while (visits < visitors && passed() < totalMs) {
    const visitor = new TestClient(server.wsUrl);
    visitor.send(start({ duration: null }));
    await visitor.next("started");
    visitor.send({ type: "cancel", stream: "a" });
    await visitor.next("cancelled");
    visitor.socket.close();
    visits++;
    await pause(Math.max(0, visits * totalMs / visitors - passed()));
  }
}

/** Takes what was heard out of memory, having measured it. */
function hear(): { level: number; drift: number } {
  let [power, count, drift] = [0, 0, 0];
  for (const one of client.heard.splice(0)) {
    if (one.type === "warning" && one.code === "underrun") underruns++;
    if (one.type === "error") errors++;
    if (one.type !== "frame") continue;
    const exact = one.sample * BPM / (60 * 48_000);
    drift = Math.max(drift, Math.abs(one.beat - exact) * 60 * 48_000 / BPM);
    const samples = new Int16Array(one.payload.slice().buffer);
    for (const sample of samples) power += (sample / 32768) ** 2;
    count += samples.length;
  }
  client.times.length = 0;
  return { level: 10 * Math.log10(power / Math.max(1, count)), drift };
}

async function look(): Promise<void> {
  while (passed() < totalMs) {
    await pause(LOOK_MS);
    const heard = hear();
    const one = { rss: await rssMb(), fds: await handles(), ...heard };
    looks.push(one);
    console.log(
      `${(passed() / 60_000).toFixed(1)} min: ${one.rss.toFixed(0)} MB, ` +
        `${one.fds} handles, ${one.level.toFixed(1)} dB`,
    );
  }
}

await Promise.all([updates(), visit(), look()]);
client.socket.close();
// After the first twelfth everything that is to be allocated is.
const later = looks.slice(Math.ceil(looks.length / 12));
const range = (of: (one: typeof looks[number]) => number) => {
  const all = later.map(of).filter(Number.isFinite);
  return [Math.min(...all), Math.max(...all)] as const;
};
const [rssLow, rssHigh] = range(({ rss }) => rss);
const [fdLow, fdHigh] = range(({ fds }) => fds);
const [quiet, loud] = range(({ level }) => level);
const spread = 50 * (rssHigh - rssLow) / ((rssHigh + rssLow) / 2);
console.log(
  [
    `resident ${rssLow.toFixed(0)} to ${rssHigh.toFixed(0)} MB (± ${
      spread.toFixed(1)
    } %)`,
    `handles ${fdLow} to ${fdHigh}`,
    `level ${quiet.toFixed(1)} to ${loud.toFixed(1)} dB`,
    `beat drift ${
      Math.max(...looks.map(({ drift }) => drift)).toFixed(4)
    } samples`,
    `${visits} visits, ${underruns} underruns, ${errors} errors`,
  ].join("\n"),
);
