/**
 * Short pieces beside endless ones, as a game asks for them.
 *
 * @module
 */
import { connect } from "../lib/client/mod.ts";
import { type Row, statsOf } from "./stats.ts";

/** Stings that are asked for in a minute. */
const PER_MINUTE = 100;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Stings of a second at 100 a minute for `seconds`, by HTTP and by WebSocket in
 * turn, beside `count` endless streams.
 */
export async function stings(
  url: string,
  { count, seconds }: { count: number; seconds: number },
): Promise<Row[]> {
  await using client = await connect(url);
  let underruns = 0;
  const streams = Array.from({ length: count }, (_, i) => {
    const prompts = [{ text: `calm piano over soft strings, take ${i}` }];
    const stream = client.play({ prompts });
    stream.on("warning", ({ code }) => {
      if (code === "underrun") underruns++;
    });
    const read = (async () => {
      for await (const _ of stream);
    })();
    return { stream, read };
  });
  await sleep(2000);
  const whole: number[] = [];
  const asked: Promise<void>[] = [];
  const total = Math.round(PER_MINUTE * seconds / 60);
  for (let i = 0; i < total; i++) {
    const begin = performance.now();
    const sting = i % 2 === 0 ? byHttp(url, i) : bySocket(client, i);
    asked.push(sting.then(() => {
      whole.push(performance.now() - begin);
    }));
    await sleep(60_000 / PER_MINUTE);
  }
  await Promise.all(asked);
  for (const { stream } of streams) await stream.cancel();
  await Promise.all(streams.map(({ read }) => read));
  const name = `${PER_MINUTE} stings a minute beside ${count} streams`;
  return [
    {
      name: `${name}: a sting of a second, whole`,
      unit: "ms",
      stats: statsOf(whole),
      goal: "<= 1000",
    },
    {
      name: `${name}: underruns`,
      unit: "",
      stats: statsOf([underruns]),
      goal: "0",
    },
  ];
}

async function byHttp(url: string, i: number): Promise<void> {
  const query = `prompt=brass+sting,+take+${i}&seconds=1`;
  const response = await fetch(`${url}/v1/generate?${query}`);
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

async function bySocket(
  client: Awaited<ReturnType<typeof connect>>,
  i: number,
): Promise<void> {
  const prompts = [{ text: `brass sting, take ${i}` }];
  const stream = client.play({ prompts, duration: { seconds: 1 } });
  for await (const _ of stream);
}
