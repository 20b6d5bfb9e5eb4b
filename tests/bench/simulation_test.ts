import { assert, assertEquals } from "@std/assert";
import {
  blockShapes,
  callName,
  type ServiceTimes,
} from "../../bench/simulation/service_times.ts";
import {
  simulate,
  type SimulationOptions,
} from "../../bench/simulation/simulation.ts";
import { VirtualClock } from "../../bench/simulation/clock.ts";
import { loadPackage } from "../../lib/inference/package.ts";

const { manifest } = await loadPackage("models/tiny_layers");

/** A call takes 1 ms a block, a window of 24 frames 10 ms. */
function serviceTimes(): ServiceTimes {
  const times: ServiceTimes = {
    denoise: {},
    decode: {
      2: { graph: 3, synthesis: 1 },
      24: { graph: 10, synthesis: 4 },
    },
  };
  for (const { total } of blockShapes(manifest)) {
    for (const blocks of [2, 3, 4]) {
      times.denoise[callName(total, blocks, 1)] = blocks;
    }
  }
  return times;
}

const OPTIONS: SimulationOptions = {
  ...{ manifest, times: serviceTimes(), order: "edf" },
  ...{ streams: 10, workers: 1, synthesisWorkers: 1, seconds: 30 },
  ...{ startSeconds: 4, jitter: 0.2 },
};

/** Streams that one worker can just make: 10 ms a block of 16 frames, and 6.7 ms of windows. */
const CAPACITY = 1280 / (10 + 10 * 16 / 24);

Deno.test("VirtualClock wakes sleepers in order, and waits for nobody", async () => {
  const clock = new VirtualClock();
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.nowMs]);
    if (ms === 10) await sleep(`${name}+`, 5);
  };
  for (const [name, ms] of [["c", 30], ["a", 10], ["b", 15]] as const) {
    sleep(name, ms);
  }
  await clock.run(20);
  assertEquals(woken, [["a", 10], ["b", 15], ["a+", 15]]);
  assertEquals(clock.nowMs, 20);
  await clock.run(3_600_000);
  assertEquals(woken.length, 4);
});

Deno.test("a simulation repeats itself, and nobody stumbles far below capacity", async () => {
  const result = await simulate(OPTIONS);
  assertEquals(await simulate(OPTIONS), result);
  assertEquals([result.underruns, result.admitted], [0, 10]);
  assert(result.firstMs.p50 >= 12 && result.firstMs.p99 < 100);
  assert(Math.abs(result.busy - 10 / CAPACITY) < 0.05, `${result.busy}`);
});

Deno.test("what is made as fast as it goes is the capacity", async () => {
  const { throughput, busy } = await simulate({ ...OPTIONS, asap: true });
  assert(busy > 0.97, `${busy}`);
  assert(Math.abs(throughput / CAPACITY - 1) < 0.05, `${throughput}`);
});

Deno.test("more is made where decoders run on either side", async () => {
  const twice = { ...OPTIONS, asap: true, decodersTwice: true };
  const { throughput } = await simulate(twice);
  // Both sides together have 19.3 ms of work a block.
  assert(throughput > 0.9 * 1280 / (19.3 / 2), `${throughput}`);
});

Deno.test("near capacity earliest deadline first keeps more listeners happy", async () => {
  const near = {
    ...OPTIONS,
    streams: Math.floor(0.97 * CAPACITY),
    seconds: 60,
  };
  const [edf, fifo, robin] = await Promise.all(
    (["edf", "fifo", "round-robin"] as const).map((order) =>
      simulate({ ...near, order })
    ),
  );
  assertEquals(edf!.underruns, 0);
  assert(edf!.firstMs.p99 < fifo!.firstMs.p99 / 2, JSON.stringify(fifo));
  assert(edf!.firstMs.p99 < robin!.firstMs.p99, JSON.stringify(robin));
});

Deno.test("above capacity the server takes on what it can, and those play on", async () => {
  const above = { ...OPTIONS, streams: Math.ceil(1.5 * CAPACITY), seconds: 60 };
  const open = await simulate(above);
  assert(open.underruns > 100);
  const kept = await simulate({ ...above, protect: true });
  assertEquals(kept.underruns, 0);
  assert(kept.refused > 0);
  assert(kept.admitted > 0.8 * CAPACITY, `${kept.admitted} of ${CAPACITY}`);
});

Deno.test("streams are made by all workers", async () => {
  const twenty = { ...OPTIONS, workers: 20, synthesisWorkers: 20 };
  const result = await simulate({
    ...twenty,
    streams: Math.floor(0.8 * 20 * CAPACITY),
    seconds: 12,
  });
  assertEquals(result.underruns, 0);
  assert(result.busy > 0.6, `${result.busy}`);
});
