/**
 * Everything that works for the models of an engine.
 *
 * @module
 */
import { Costs } from "./costs.ts";
import { Load } from "./load.ts";
import type { RunOn } from "./jobs.ts";
import { Scheduler } from "./scheduler.ts";
import type { WorkerClient } from "./worker_client.ts";

/** Shared by all models. */
export interface Device {
  /** Runs networks. */
  networks: Scheduler<WorkerClient>;
  /** Makes PCM of what decoders write. */
  synthesis: Scheduler<WorkerClient>;
  /** Whether the workers that make PCM have the decoders too, which is so on the CPU. */
  decodersTwice: boolean;
  load: Load;
}

/** A device without workers yet. */
export function createDevice(): Device {
  const load = new Load();
  const options = {
    // One for both: a decoder graph costs the same wherever it runs next.
    costs: new Costs(),
    onStart: load.started.bind(load),
  };
  return {
    networks: new Scheduler(options),
    synthesis: new Scheduler(options),
    decodersTwice: false,
    load,
  };
}

/**
 * Who is to run a decoder graph: whoever makes PCM of it then, unless one that
 * runs networks has nothing to do. The bits are the same.
 */
export function decoderPlace<W>(
  { networks, synthesis, decodersTwice }: {
    networks: Scheduler<W>;
    synthesis: Scheduler<W>;
    decodersTwice: boolean;
  },
): Scheduler<W> {
  return decodersTwice && !networks.free ? synthesis : networks;
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
