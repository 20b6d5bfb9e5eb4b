/**
 * How fast finite pieces come: seconds of audio per second.
 *
 * @module
 */
import { type Row, statsOf } from "./stats.ts";

const SECONDS = 32;

/** Whole-server real-time factor of 32 s clips, and the wait for their first byte. */
export async function clips(url: string, runs: number): Promise<Row[]> {
  const factors: number[] = [];
  const firsts: number[] = [];
  for (let i = 0; i < runs; i++) {
    const query = new URLSearchParams({
      prompt: "lo-fi hip hop, mellow",
      seconds: String(SECONDS),
      seed: String(i),
    });
    const begin = performance.now();
    const response = await fetch(`${url}/v1/generate?${query}`);
    let first = 0;
    for await (const _ of response.body!) first ||= performance.now() - begin;
    firsts.push(first);
    factors.push(SECONDS / ((performance.now() - begin) / 1000));
  }
  return [
    {
      name: `real-time factor, ${SECONDS} s clip as Ogg Opus`,
      unit: "x",
      stats: statsOf(factors),
      goal: ">= 10",
    },
    {
      name: "first byte of the clip",
      unit: "ms",
      stats: statsOf(firsts),
      goal: "first window + 300",
    },
  ];
}
