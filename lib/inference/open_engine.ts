/**
 * Opens model packages on a device.
 *
 * @module
 */
import type { Log } from "../log.ts";
import type { Engine, Provider } from "./engine.ts";
import { LoadedModel } from "./loaded_model.ts";
import { loadPackages, type ModelPackage } from "./package.ts";
import { Scheduler } from "./scheduler.ts";
import { WorkerClient } from "./worker_client.ts";

/** Options of {@linkcode openEngine}. */
export interface EngineOptions {
  /** Folders that are packages or contain them; the first package is the default model. */
  models: readonly string[];
  /** "auto": the first that works of cuda, webgpu, cpu. */
  provider: Provider | "auto";
  /** Threads of one run, or null for {@linkcode defaultThreads}. */
  threads: number | null;
  log: Log;
}

/** More threads than this cost more in waiting for each other than they bring to small networks. */
const MAX_THREADS = 8;

/**
 * Loads, checks and warms up models. A dead worker does not come back: from
 * then on every call rejects with the reason.
 *
 * @throws {PackageError} If a package cannot be used.
 * @throws {Error} If no provider works, or the named one does not.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { provider, log } = options;
  const startMs = performance.now();
  const packages = await loadPackages(options.models);
  const threads = options.threads ?? defaultThreads();
  const worker = new WorkerClient(
    new URL("./worker.ts", import.meta.url),
    (message, fields) => log.info(message, fields),
  );
  try {
    const engine = new WorkerEngine(packages, worker);
    const models = packages.map(({ manifest, graphs }) => ({
      manifest,
      graphs,
    }));
    engine.provider = await worker.open({ models, provider, threads });
    log.info("inference ready", {
      provider: engine.provider,
      models: [...engine.models.keys()].join(","),
      threads,
      ms: Math.round(performance.now() - startMs),
    });
    return engine;
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** All cores of a small machine; on a larger one a core is left to the sockets. */
export function defaultThreads(cores = navigator.hardwareConcurrency): number {
  return cores <= 2 ? cores : Math.min(MAX_THREADS, cores - 1);
}

class WorkerEngine implements Engine {
  provider: Provider = "cpu";
  readonly models: ReadonlyMap<string, LoadedModel>;
  #scheduler = new Scheduler();
  #worker: WorkerClient;

  constructor(packages: readonly ModelPackage[], worker: WorkerClient) {
    this.#worker = worker;
    const device = { scheduler: this.#scheduler, worker };
    this.models = new Map(
      packages.map((each) => [each.manifest.id, new LoadedModel(each, device)]),
    );
  }

  get queued(): number {
    return this.#scheduler.waiting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scheduler.close(new Error("The engine is closed"));
    await this.#worker.close();
  }
}
