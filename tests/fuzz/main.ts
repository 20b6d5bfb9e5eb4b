/**
 * `deno task fuzz --count 1000000`: as many generated messages as one likes,
 * against a server in a process of its own. Prints what was answered and how
 * the server's memory went.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Server } from "../e2e/server.ts";
import { fuzz } from "./run.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
  },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error("Usage: deno task fuzz [--count n] [--seed n]");
  Deno.exit(2);
}

await using server = await Server.start({
  env: { MAX_STREAMS: "64", MAX_STREAMS_PER_CONNECTION: "64", THREADS: "1" },
});
const megabytes = async () =>
  Math.round(await server.metric("prestissimo_resident_memory_bytes") / 1e6);
console.log(`seed ${seed}, resident before: ${await megabytes()} MB`);
const began = performance.now();
let shownMs = 0;
const report = await fuzz({
  wsUrl: server.wsUrl,
  count,
  seed,
  async onProgress({ messages }) {
    if (performance.now() - shownMs < 10_000) return;
    shownMs = performance.now();
    console.log(`${messages} messages, resident ${await megabytes()} MB`);
  },
}).catch((error) => {
  // The server's end may have something to say, too.
  console.error(error);
  throw error;
});
await server.idle();
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`${report.messages} messages in ${seconds} s`);
console.log(JSON.stringify(report, null, 2));
console.log(`resident after: ${await megabytes()} MB`);
