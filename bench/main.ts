/**
 * Measures the server on this machine: `deno task bench [--json FILE]`.
 *
 * Nothing else should run meanwhile. Takes about two minutes.
 *
 * @module
 */
import { clips } from "./clips.ts";
import {
  cancelAnswered,
  firstPacket,
  manyStreams,
  updateHeard,
} from "./live.ts";
import { startServer } from "./server.ts";
import { stages } from "./stages.ts";
import { stings } from "./stings.ts";
import { printRows, type Row, statsOf } from "./stats.ts";

const rows: Row[] = await stages(20);
{
  await using server = await startServer();
  const { url } = server;
  rows.push({
    name: "process start to listening, warm",
    unit: "ms",
    stats: statsOf([server.warmMs]),
    goal: "<= 10000",
  });
  await firstPacket(url, 5); // the just-in-time compiler's share is not the server's
  rows.push(...await firstPacket(url, 40));
  rows.push(await updateHeard(url, 15));
  rows.push(await cancelAnswered(url, 60));
  rows.push(...await clips(url, 5));
  for (const count of [8, 16]) {
    rows.push(...await manyStreams(url, count, 20));
  }
  rows.push(...await stings(url, { count: 2, seconds: 30 }));
  rows.push({
    name: "resident memory after all this",
    unit: "MB",
    stats: statsOf([await server.rssMb()]),
    goal: "<= 500",
  });
}
printRows(rows);
const at = Deno.args.indexOf("--json");
if (at >= 0) {
  const machine = {
    os: Deno.build.os,
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
  };
  const text = JSON.stringify({ machine, rows }, null, 2);
  await Deno.writeTextFile(Deno.args[at + 1]!, `${text}\n`);
}
