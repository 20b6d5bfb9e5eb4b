/**
 * `deno task faults [NAME...]`: what a machine can do to a server, one after
 * another; some of it needs root.
 *
 * @module
 */
import { FAULTS, isAllowed } from "./faults.ts";

const wanted = Deno.args.length > 0
  ? Deno.args
  : FAULTS.map(({ name }) => name);
const unknown = wanted.filter((name) =>
  FAULTS.every((one) => one.name !== name)
);
if (unknown.length > 0) {
  const names = FAULTS.map(({ name }) => name).join(" ");
  console.error(`No fault is called "${unknown}", there are: ${names}`);
  Deno.exit(2);
}
for (const fault of FAULTS) {
  const { name, run } = fault;
  if (!wanted.includes(name) || !await isAllowed(fault)) continue;
  try {
    console.log(`${name}: ${await run()}`);
  } catch (error) {
    console.log(`${name}: FAILED, ${(error as Error).message}`);
    Deno.exitCode = 1;
  }
}
