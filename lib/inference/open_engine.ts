/**
 * Opens model packages on a device.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { calibrate } from "./calibrate.ts";
import type { Engine, Provider } from "./engine.ts";
import { createDevice, type Device } from "./device.ts";
import type { Pressure } from "./load.ts";
import { LoadedModel } from "./loaded_model.ts";
import { loadPackages, type ModelPackage } from "./package.ts";
import type { Scheduler } from "./scheduler.ts";
import { WorkerClient } from "./worker_client.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Options of {@linkcode openEngine}. */
export interface EngineOptions {
  /** Folders that are packages or contain them; the first package is the default model. */
  models: readonly string[];
  /** "auto": the fastest of cuda, webgpu, cpu that works. */
  provider: Provider | "auto";
  /** Threads of one run, or null for {@linkcode defaultThreads}. */
  threads: number | null;
  /** Workers that run networks, each with the models in its memory, or null for {@linkcode defaultWorkers}. */
  workers?: number | null;
  log: Log;
  /** Modules of the workers; tests put in mortal ones. */
  modules?: Partial<WorkerModules>;
  /** A worker at one unit for longer is ended, in ms. */
  hangMs?: number;
  /** False: streams share no runs, and admission knows only what has run (default: true). */
  calibrate?: boolean;
}

/** Where the code of each kind of worker is; asked at every start of one. */
export interface WorkerModules {
  networks(): URL;
  synthesis(): URL;
}

const MODULES: WorkerModules = {
  networks: () => new URL("./worker.ts", import.meta.url),
  synthesis: () => new URL("./synthesis_worker.ts", import.meta.url),
};

/** More threads than this cost more in waiting for each other than they bring to networks of our size. */
const MAX_THREADS = 8;
/**
 * Bytes of a denoiser that keep a thread at work. Threads meet after each of
 * hundreds of operators: in a smaller one they wait for longer than they work.
 */
const BYTES_A_THREAD = 2 ** 25;

/**
 * Loads, checks and warms up models. A worker that dies is replaced, and what it
 * was at is done again.
 *
 * @throws {PackageError} If a package cannot be used.
 * @throws {Error} If no provider works, or the named one does not.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { log } = options;
  const startMs = performance.now();
  const packages = await loadPackages(options.models);
  const denoisers = packages.map(({ graphs }) => Deno.stat(graphs.denoiser));
  const sizes = (await Promise.all(denoisers)).map(({ size }) => size);
  const engine = new WorkerEngine(packages, Math.max(...sizes), options);
  try {
    await engine.open();
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  const models = [...engine.models.values()];
  log.info("inference ready", {
    provider: engine.provider,
    models: models.map(({ manifest }) => manifest.id).join(","),
    workers: engine.workers.wanted,
    threads: engine.threads,
    shared_rows: models.map(({ sharedRows }) => sharedRows).join(","),
    ms: Math.round(performance.now() - startMs),
  });
  return engine;
}

/** Workers that run networks: one, and more on machines whose cores one cannot keep busy. */
export function defaultWorkers(cores = navigator.hardwareConcurrency): number {
  return Math.max(1, Math.floor(cores / (2 * MAX_THREADS)));
}

/**
 * As many as the largest denoiser keeps at work, and at most all cores of a
 * small machine; on a larger one a core is left to the sockets.
 *
 * @param bytes Of that denoiser's file.
 */
export function defaultThreads(
  bytes: number,
  cores = navigator.hardwareConcurrency,
  workers = 1,
): number {
  const free = cores <= 2 ? cores : cores - 1;
  const most = Math.min(MAX_THREADS, Math.ceil(bytes / BYTES_A_THREAD));
  return Math.max(1, Math.min(most, Math.floor(free / workers)));
}

/** Workers that make PCM: they need a core each. */
export function synthesisWorkers(
  cores = navigator.hardwareConcurrency,
): number {
  return Math.max(1, Math.min(8, Math.floor(cores / 4)));
}

class WorkerEngine implements Engine {
  readonly models: ReadonlyMap<string, LoadedModel>;
  readonly threads: number;
  #provider: Provider | "auto";
  #options: EngineOptions;
  #device: Device;
  #pools: WorkerPool[];
  #wanted = 0;

  /** @param largest Bytes of the largest denoiser. */
  constructor(
    packages: readonly ModelPackage[],
    largest: number,
    options: EngineOptions,
  ) {
    const { threads, hangMs } = options;
    this.#options = options;
    this.#provider = options.provider;
    const workers = options.workers ?? defaultWorkers();
    this.threads = threads ??
      defaultThreads(largest, navigator.hardwareConcurrency, workers);
    const device = this.#device = createDevice();
    this.models = new Map(packages.map((each) => [
      each.manifest.id,
      new LoadedModel(each, device, { hangMs }),
    ]));
    const models = packages.map(({ manifest, graphs }) => ({
      ...{ manifest, graphs },
    }));
    const pool = (
      kind: keyof WorkerModules,
      size: number,
      scheduler: Scheduler<WorkerClient>,
    ) => {
      this.#wanted += size;
      const open = () => this.#openWorker(kind, models);
      const { log } = options;
      return new WorkerPool({ name: kind, size, open, scheduler, log });
    };
    this.#pools = [
      pool("networks", workers, device.networks),
      pool("synthesis", synthesisWorkers(), device.synthesis),
    ];
  }

  get provider(): Provider {
    return this.#provider === "auto" ? "cpu" : this.#provider;
  }

  get queued(): number {
    const { networks, synthesis } = this.#device;
    return networks.waiting + synthesis.waiting;
  }

  get pressure(): Pressure {
    const { load } = this.#device;
    load.tick(performance.now());
    return load.pressure;
  }

  get workers() {
    const sum = (of: (pool: WorkerPool) => number) =>
      this.#pools.reduce((total, pool) => total + of(pool), 0);
    return {
      alive: sum(({ alive }) => alive),
      wanted: this.#wanted,
      restarts: sum(({ restarts }) => restarts),
    };
  }

  async open(): Promise<void> {
    for (const pool of this.#pools) await pool.start();
    if (this.#options.calibrate === false) return;
    for (const model of this.models.values()) await calibrate(model);
  }

  async #openWorker(
    kind: keyof WorkerModules,
    models: Parameters<WorkerClient["open"]>[0]["models"],
  ): Promise<WorkerClient> {
    const { log, modules } = this.#options;
    const url = { ...MODULES, ...modules }[kind]();
    const worker = new WorkerClient(
      url,
      (message, fields) => log.info(message, fields),
    );
    try {
      const { threads } = this;
      const request = { models, provider: this.#provider, threads };
      const provider = await worker.open(request);
      // Whatever restarts has to give the same bits as what was there before.
      if (kind === "networks") {
        this.#provider = provider;
        this.#device.decodersTwice = provider === "cpu";
      }
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Error("The engine is closed");
    const { networks, synthesis } = this.#device;
    await Promise.all([networks.close(closed), synthesis.close(closed)]);
    for (const pool of this.#pools) await pool.close();
  }
}
