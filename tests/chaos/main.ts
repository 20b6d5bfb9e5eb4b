/**
 * `deno task chaos --minutes 30`: eight streams at real time while workers are
 * killed, stopped and slowed and gateways killed at random, and NATS is restarted
 * twice. Counts what listeners would notice and compares every sample with an
 * undisturbed run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    models: { type: "string", default: "models/pocket" },
  },
});
const seconds = 60 * Number(values.minutes);
if (!(seconds > 0 && seconds <= 3600)) {
  console.error("Usage: deno task chaos [--minutes n, up to 60] [--seed n]");
  Deno.exit(2);
}

const streams = 8;
const { did, same, ...heard } = await chaos({
  ...{ streams, seconds, everySeconds: 5, natsRestarts: 2 },
  ...{ seed: Number(values.seed), models: values.models },
  tell: (line) => console.log(line),
});
console.log(JSON.stringify({ minutes: seconds / 60, ...did }));
console.log(JSON.stringify(heard));
console.log(
  `${same} of ${streams} streams have the samples of an undisturbed run`,
);
Deno.exit(same === streams ? 0 : 1);
