/**
 * `deno task listeners`: five hundred listeners to one stream, most over HTTP,
 * some by `join`. Every packet that any of them gets is compared; tells what it
 * cost the server.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Server } from "../e2e/server.ts";
import { gatherCrowd } from "./run.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    http: { type: "string", default: "450" },
    websocket: { type: "string", default: "50" },
    seconds: { type: "string", default: "20" },
    models: { type: "string", default: "models/pocket" },
    gate: { type: "boolean", default: false },
  },
});
const [http, websocket] = [Number(values.http), Number(values.websocket)];
const seconds = Number(values.seconds);
if (!(http >= 0 && websocket >= 0 && seconds > 0)) {
  console.error(
    "Usage: deno task listeners [--http n] [--websocket n] [--seconds n] " +
      "[--models folder] [--gate]",
  );
  Deno.exit(2);
}

const connections = `${http + websocket + 50}`;
await using server = await Server.start({
  env: {
    MODELS: values.models,
    ...(values.gate && {
      ...{ GATE: "on", MAX_CONNECTIONS: connections },
      MAX_CONNECTIONS_PER_ADDRESS: connections,
    }),
  },
});

/** Resident memory in MB, and processor time so far in s. */
async function cost() {
  // Deno reads `/proc` only with every permission there is.
  const args = [`/proc/${server.child.pid}/stat`];
  const { stdout } = await new Deno.Command("cat", { args }).output();
  const fields = new TextDecoder().decode(stdout).split(") ")[1]!.split(" ");
  return {
    mb: await server.metric("prestissimo_resident_memory_bytes") / 2 ** 20,
    // In ticks of 10 ms: utime and stime, fields 14 and 15 of proc(5).
    cpu: (Number(fields[11]) + Number(fields[12])) / 100,
    atMs: performance.now(),
  };
}

const before = await cost();
let here = before;
let over = before;
const report = await gatherCrowd({
  ...{ url: server.url, wsUrl: server.wsUrl, http, websocket, seconds },
  joinSeconds: (http + websocket) / 100,
  onAll: async (when) => {
    if (when === "here") here = await cost();
    else over = await cost();
  },
});
const skips = await server.metric("prestissimo_listener_skips_total");
const behind = report.behind.toSorted((a, b) => a - b);
const share = (over.cpu - here.cpu) / ((over.atMs - here.atMs) / 1000);
console.log(
  [
    `${http} listeners over HTTP, ${websocket} by join, to one stream of ` +
    `${report.packets} packets: ${report.heard} packets heard`,
    `wrong or incomplete: ${report.wrong.length}; pages left out: ${skips}; ` +
    `underruns: ${report.underruns}`,
    `behind the live edge at the start: at most ${20 * behind.at(-1)!} ms ` +
    `(a page is 100 ms), ${20 * behind[behind.length >> 1]!} ms in the middle`,
    `processor: ${(100 * share).toFixed(0)} % of a core while all listen`,
    `resident: ${before.mb.toFixed(0)} MB alone, ${here.mb.toFixed(0)} MB ` +
    `when all are there, ${over.mb.toFixed(0)} MB at the end`,
    ...report.wrong.slice(0, 10),
  ].join("\n"),
);
const late = behind.at(-1)! > 5;
if (report.wrong.length > 0 || skips > 0 || late) Deno.exitCode = 1;
