/**
 * What a listener feels: first packet, updates, cancels, many streams.
 *
 * @module
 */
import { connect } from "../lib/client/mod.ts";
import { type Row, statsOf } from "./stats.ts";

const PROMPTS = [
  "upbeat funk with slap bass at 110 bpm",
  "slow ambient pads, airy",
  "driving techno at 132 bpm",
  "rainy cafe jazz trio",
];

function prompt(i: number) {
  // Texts that were not heard before, so that the prompt encoder's cache does not help.
  return [{ text: `${PROMPTS[i % PROMPTS.length]}, take ${i}`, weight: 1 }];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Time from `start` to the first Opus packet. */
export async function firstPacket(url: string, runs: number): Promise<Row[]> {
  const client = await connect(url);
  const total: number[] = [];
  const parts = {
    prompt: [] as number[],
    steps: [] as number[],
    decode: [] as number[],
  };
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    const stream = client.play({ prompts: prompt(i) });
    stream.on("first_audio", (event) => {
      parts.prompt.push(event.prompt_ms);
      parts.steps.push(event.steps_ms.reduce((sum, ms) => sum + ms, 0));
      parts.decode.push(event.decode_ms);
    });
    for await (const _ of stream) {
      total.push(performance.now() - begin);
      break; // cancels
    }
    await sleep(50);
  }
  client.close();
  const row = (name: string, samples: number[], goal = "") => ({
    name,
    unit: "ms",
    stats: statsOf(samples),
    goal,
  });
  return [
    row("first Opus packet", total, "p50 <= 150"),
    row("  of it: prompt", parts.prompt),
    row("  of it: all steps of the first block", parts.steps),
    row("  of it: first decoder window", parts.decode),
  ];
}

/** Time from `update` until a listener with the default lead hears it. */
export async function updateHeard(url: string, runs: number): Promise<Row> {
  const client = await connect(url);
  const stream = client.play({ prompts: prompt(0), lead_ms: 400 });
  let playing = 0;
  const late: number[] = [];
  const arrivals: [sample: number, ms: number][] = [];
  const reader = (async () => {
    for await (const { sample } of stream) {
      playing ||= performance.now();
      arrivals.push([sample, performance.now()]);
    }
  })();
  await sleep(2000);
  for (let i = 1; i <= runs; i++) {
    const asked = performance.now();
    const { at_sample } = await stream.update({ prompts: prompt(i) });
    await sleep(1000);
    const due = playing + at_sample / 48;
    const arrived = arrivals.find(([sample]) => sample >= at_sample)?.[1] ??
      Infinity;
    late.push(Math.max(due, arrived) - asked);
  }
  await stream.cancel();
  await reader;
  client.close();
  return {
    name: "update heard (lead 400 ms)",
    unit: "ms",
    stats: statsOf(late),
    goal: "<= lead + 150 = 550",
  };
}

/** Time from `cancel` to `cancelled`, at random moments of the first second. */
export async function cancelAnswered(url: string, runs: number): Promise<Row> {
  const client = await connect(url);
  const samples: number[] = [];
  for (let i = 0; i < runs; i++) {
    const stream = client.play({ prompts: prompt(i) });
    await stream.started;
    await sleep((i * 37) % 300);
    const begin = performance.now();
    await stream.cancel();
    samples.push(performance.now() - begin);
  }
  client.close();
  return {
    name: "cancel acknowledged",
    unit: "ms",
    stats: statsOf(samples),
    goal: "p99 <= 50",
  };
}

/** `count` real-time streams for `seconds`: underruns, late packets and how long the main thread kept a ping waiting. */
export async function manyStreams(
  url: string,
  count: number,
  seconds: number,
): Promise<Row[]> {
  const client = await connect(url);
  let underruns = 0;
  let reduced = 0;
  let refused = 0;
  const late: number[] = [];
  const pings: number[] = [];
  const streams = Array.from({ length: count }, (_, i) => {
    const stream = client.play({ prompts: prompt(i) });
    stream.on("warning", ({ code }) => {
      if (code === "underrun") underruns++;
      if (code === "quality_reduced") reduced++;
    });
    const done = (async () => {
      let playing = 0;
      try {
        for await (const { sample } of stream) {
          const now = performance.now();
          playing ||= now;
          late.push(now - (playing + sample / 48));
        }
      } catch (error) {
        if ((error as { code?: string }).code !== "busy") throw error;
        refused++;
      }
    })();
    return { stream, done };
  });
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const begin = performance.now();
    await client.ping();
    pings.push(performance.now() - begin);
    await sleep(20);
  }
  // One that was refused has nothing to cancel.
  await Promise.allSettled(streams.map(({ stream }) => stream.cancel()));
  await Promise.all(streams.map(({ done }) => done));
  client.close();
  return [
    {
      name: `${count} streams: packet lateness after its due time`,
      unit: "ms",
      stats: statsOf(late),
      goal: "max < 0",
    },
    {
      name: `${count} streams: underruns`,
      unit: "",
      stats: statsOf([underruns]),
      goal: "0",
    },
    {
      name: `${count} streams: refused as busy`,
      unit: "",
      stats: statsOf([refused]),
      goal: "",
    },
    {
      name: `${count} streams: made in fewer steps for a while`,
      unit: "",
      stats: statsOf([reduced]),
      goal: "",
    },
    {
      name: `${count} streams: ping answered`,
      unit: "ms",
      stats: statsOf(pings),
      goal: "main thread blocked <= 20",
    },
  ];
}
