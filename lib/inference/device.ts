/**
 * Everything that works for the models of an engine.
 *
 * @module
 */
import type { Load } from "./load.ts";
import type { RunOn } from "./jobs.ts";
import type { Scheduler } from "./scheduler.ts";
import type { WorkerClient } from "./worker_client.ts";

/** Shared by all models. */
export interface Device {
  /** Runs networks. */
  networks: Scheduler<WorkerClient>;
  /** Makes PCM of what decoders write. */
  synthesis: Scheduler<WorkerClient>;
  load: Load;
}

/** A worker that is at a unit for so many times its usual cost hangs. */
const HANG_FACTOR = 50;
const LEAST_HANG_MS = 5000;
const MOST_HANG_MS = 120_000;

/** Runs work under a watchdog that knows what it usually costs. */
export function guarded(
  { costs }: Scheduler<WorkerClient>,
  mostHangMs = MOST_HANG_MS,
): RunOn {
  return (worker, key, work) => {
    // One row is the least that is known; larger batches are within the factor.
    const usualMs = HANG_FACTOR * costs.estimate(key, 1);
    const limitMs = costs.known(key, 1)
      ? Math.min(mostHangMs, Math.max(LEAST_HANG_MS, usualMs))
      : mostHangMs;
    return worker.run(work, limitMs);
  };
}
