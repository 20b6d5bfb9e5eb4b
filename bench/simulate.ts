/**
 * Capacity, by simulation: `deno task simulate [--json FILE] [--verify]`.
 *
 * Service times are measured on this machine first; then the server's own
 * scheduler works in virtual time, against first come, first served and
 * round-robin. With `--verify` the prediction for this machine is held against
 * what its engine then makes in earnest.
 *
 * @module
 */
import { openEngine } from "../lib/inference/mod.ts";
import type { Model } from "../lib/inference/mod.ts";
import { createLog } from "../lib/log.ts";
import { createStream } from "../lib/stream/mod.ts";
import {
  type OrderName,
  simulate,
  type SimulationOptions,
  type SimulationResult,
} from "./simulation/simulation.ts";
import {
  measureServiceTimes,
  type ServiceTimes,
} from "./simulation/service_times.ts";

const RUNS = 7;
/** Streams that play at once while throughput is measured. */
const VERIFY_STREAMS = 8;
const VERIFY_SECONDS = 20;

interface Line extends SimulationResult {
  order: OrderName;
  workers: number;
  streams: number;
  /** What the streams ask of the network workers, 1 = all. */
  load: number;
}

const quiet = createLog("text", () => {});
const models = ["models/pocket"];
const lines: Line[] = [];
let verified: { predicted: number; measured: number } | null = null;

await using engine = await openEngine({
  ...{ models, provider: "auto", threads: null, log: quiet },
});
const [model] = engine.models.values();
const decodersTwice = engine.provider === "cpu";
const times = await measureServiceTimes(model!, RUNS);
const { manifest } = model!;
if (Deno.args.includes("--verify")) verified = await verify(model!, times);
const capacity = await capacityOf(times);
console.log(`one worker makes ${capacity.toFixed(1)} s of music a second`);
for (const workers of [1, 10, 100, 500]) {
  for (const load of [0.5, 0.8, 0.95, 1.1]) {
    const streams = Math.min(10_000, Math.round(load * capacity * workers));
    for (const order of ["edf", "fifo", "round-robin"] as const) {
      // Ten thousand streams take a while: less of their time is enough.
      const seconds = Math.max(12, Math.min(60, 40_000 / streams));
      await add({ order, workers, streams, seconds }, load);
    }
    await add({
      ...{ order: "edf", workers, streams, protect: true },
      seconds: Math.max(12, Math.min(60, 40_000 / streams)),
    }, load);
  }
}
print();
const at = Deno.args.indexOf("--json");
if (at >= 0) {
  const text = JSON.stringify({ times, verified, lines }, null, 2);
  await Deno.writeTextFile(Deno.args[at + 1]!, `${text}\n`);
}

async function add(
  options:
    & Pick<SimulationOptions, "order" | "workers" | "streams" | "seconds">
    & Partial<SimulationOptions>,
  load: number,
): Promise<void> {
  const result = await simulate({
    ...{ manifest, times, jitter: 0.2, startSeconds: 5 },
    ...{ synthesisWorkers: options.workers, decodersTwice },
    ...options,
  });
  const { order, workers, streams } = options;
  lines.push({ ...{ order, workers, streams, load }, ...result });
}

/** Music that one worker makes a second when it is never idle, in s. */
async function capacityOf(times: ServiceTimes): Promise<number> {
  const { throughput } = await simulate({
    ...{ manifest, times, order: "edf", streams: VERIFY_STREAMS },
    ...{ workers: 1, synthesisWorkers: 1, seconds: 60, asap: true },
    decodersTwice,
  });
  return throughput;
}

/** Streams that are made as fast as it goes, in virtual time and in earnest. */
async function verify(model: Model, times: ServiceTimes) {
  const predicted = await capacityOf(times);
  let samples = 0;
  const endMs = performance.now() + 1000 * VERIFY_SECONDS;
  await Promise.all(
    Array.from({ length: VERIFY_STREAMS }, async (_, i) => {
      const stream = await createStream({
        model,
        controls: { prompts: [{ text: `techno ${i}`, weight: 1 }], bpm: 120 },
        ...{ seed: i, duration: null, loop: false, steps: null },
      });
      while (performance.now() < endMs) {
        const deadlineMs = performance.now();
        samples += (await stream.read(48_000, { deadlineMs })).left.length;
      }
      stream.cancel();
    }),
  );
  const measured = samples / 48_000 / VERIFY_SECONDS;
  const off = 100 * (predicted / measured - 1);
  console.log(
    `predicted ${predicted.toFixed(1)}, measured ${measured.toFixed(1)} s of ` +
      `music a second: ${off.toFixed(1)} % off (goal: within 15 %)`,
  );
  return { predicted, measured };
}

function print(): void {
  const head = [
    ...["workers", "streams", "load", "order", "admitted", "underruns"],
    ...["stumbled", "first p50 ms", "first p99 ms", "degraded", "busy"],
  ];
  const rows = lines.map((line) =>
    [
      line.workers,
      line.streams,
      line.load.toFixed(2),
      line.order + (line.refused + line.degraded > 0 ? " protected" : ""),
      line.admitted,
      line.underruns,
      `${(100 * line.stumbled / line.streams).toFixed(1)} %`,
      line.firstMs.p50.toFixed(0),
      line.firstMs.p99.toFixed(0),
      `${(100 * line.degraded).toFixed(1)} %`,
      line.busy.toFixed(2),
    ].map(String)
  );
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  for (const row of [head, ...rows]) {
    console.log(row.map((cell, i) => cell.padEnd(widths[i]!)).join("  "));
  }
}
