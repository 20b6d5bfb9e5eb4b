/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * A worker that says how nice it is, and runs nothing.
 *
 * @module
 */
import { getPriority } from "node:os";
import { serveWork } from "../../lib/inference/worker_loop.ts";

serveWork({
  open(_, log) {
    log("priority", { nice: getPriority(0) });
    return Promise.resolve("cpu");
  },
  run: () => Promise.reject(new Error("There is nothing to run")),
  close: () => Promise.resolve(),
});
