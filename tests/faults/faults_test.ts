import { hasProgram } from "../audio/decode.ts";
import { FAULTS, isAllowed } from "./faults.ts";

for (const fault of FAULTS) {
  Deno.test(`music plays on: ${fault.name}`, async () => {
    if (!await hasProgram(fault.needs, ["--version"])) return;
    if (await isAllowed(fault)) await fault.run();
  });
}
