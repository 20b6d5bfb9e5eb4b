/**
 * An engine whose models run on other machines: workers come and go, streams
 * stay.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/transport-node";
import type { Demand } from "../inference/demand.ts";
import type { Engine, Model, Provider } from "../inference/engine.ts";
import { Load, type Pressure } from "../inference/load.ts";
import { Scheduler } from "../inference/scheduler.ts";
import type { Log } from "../log.ts";
import { type Beat, WORKERS } from "./messages.ts";
import { type Gateway, RemoteModel } from "./remote_model.ts";
import { RemoteWorker, SILENCE_MS } from "./remote_worker.ts";

/** How often silence is looked for, in ms. */
const LOOK_MS = 250;

/** Units that a worker is given at once: one is on its way while it is at the other. */
const SLOTS = 2;

/**
 * Workers that a unit may cost. What a unit itself brings down is given up by
 * the worker; here it is mostly the network, or machines that go.
 */
const MOST_LOSSES = 20;

/** Options of {@linkcode openRemoteEngine}. */
export interface RemoteEngineOptions {
  nats: NatsConnection;
  log: Log;
  /** How long the first worker is waited for, in ms. */
  patienceMs?: number;
}

/**
 * Waits for the first worker; its models are the engine's from then on.
 *
 * @throws {Error} If none comes.
 */
export async function openRemoteEngine(
  { nats, log, patienceMs = 60_000 }: RemoteEngineOptions,
): Promise<Engine> {
  const engine = new RemoteEngine(nats, log);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const text = `No worker has joined NATS within ${patienceMs} ms`;
    late.reject(new Error(`${text}: start one with deno task worker`));
  }, patienceMs);
  try {
    await Promise.race([engine.ready, late.promise]);
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

class RemoteEngine implements Engine, Gateway {
  readonly ready: Promise<void>;
  readonly scheduler: Scheduler<RemoteWorker>;
  readonly #load = new Load();
  readonly #nats: NatsConnection;
  readonly #log: Log;
  readonly #workers = new Map<string, RemoteWorker>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #subscription: { unsubscribe(): void };
  /** Refused for good, so that it is logged once. */
  readonly #strangers = new Set<string>();
  #models: Map<string, Model> | null = null;
  #provider: Provider = "cpu";
  #most = 0;
  #lost = 0;
  #tellReady: () => void;

  constructor(nats: NatsConnection, log: Log) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#tellReady = resolve;
    this.#nats = nats;
    this.#log = log;
    this.scheduler = new Scheduler({
      mostLosses: MOST_LOSSES,
      onStart: (task, nowMs) => this.#load.started(task, nowMs),
    });
    this.#subscription = nats.subscribe(WORKERS, {
      callback: (error, message) => {
        if (error) return log.error("nats", { error: error.message });
        this.#hear(message.json<Beat>());
      },
    });
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#watch();
  }

  get provider(): Provider {
    return this.#provider;
  }

  get models(): ReadonlyMap<string, Model> {
    return this.#models ?? new Map();
  }

  get queued(): number {
    return this.scheduler.waiting;
  }

  get workers() {
    const alive = this.#workers.size;
    return { alive, wanted: this.#most, restarts: this.#lost };
  }

  get obstacle(): string | null {
    return this.#workers.size > 0 ? null : "No worker is there at the moment";
  }

  get pressure(): Pressure {
    this.#load.tick(performance.now());
    return this.#load.pressure;
  }

  demand(sha256: string): Demand {
    // Machines of any speed together: their capacities add up.
    const capacity = { networks: 0, synthesis: 0 };
    for (const { beat } of this.#workers.values()) {
      const offer = beat.models.find((model) => model.sha256 === sha256);
      if (!offer) continue;
      capacity.networks += 1 / offer.demand.networks;
      capacity.synthesis += 1 / offer.demand.synthesis;
    }
    return {
      networks: 1 / capacity.networks,
      synthesis: 1 / capacity.synthesis,
    };
  }

  lost(worker: RemoteWorker, reason: string): void {
    if (this.#workers.get(worker.id) === worker) this.#remove(worker, reason);
  }

  /** What was asked for before NATS went is answered by nobody. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#nats.status()) {
      if (type !== "disconnect") continue;
      for (const worker of [...this.#workers.values()]) {
        this.#remove(worker, "NATS is gone");
      }
    }
  }

  #hear(beat: Beat): void {
    const known = this.#workers.get(beat.worker);
    if (beat.leaving) {
      if (known) this.#remove(known, null);
      return;
    }
    if (known) {
      known.beat = beat;
      known.heardMs = performance.now();
      return;
    }
    if (!this.#accepts(beat)) return;
    const worker = new RemoteWorker(beat, this.#nats);
    this.#workers.set(worker.id, worker);
    this.#most = Math.max(this.#most, this.#workers.size);
    this.#log.info("worker joined", {
      worker: worker.id,
      provider: beat.provider,
      workers: this.#workers.size,
    });
    this.scheduler.add(worker, SLOTS);
    this.#tellReady();
  }

  /** Whoever takes over a stream has to give the same bits. */
  #accepts({ worker, provider, models }: Beat): boolean {
    if (this.#models === null) {
      if (models.length === 0) return false;
      this.#provider = provider;
      this.#models = new Map(
        models.map((offer) => [
          offer.manifest.id,
          new RemoteModel(offer, this),
        ]),
      );
    }
    const shas = new Set(models.map(({ sha256 }) => sha256));
    const same = provider === this.#provider &&
      [...this.#models.values()].every(({ sha256 }) => shas.has(sha256));
    if (!same && !this.#strangers.has(worker)) {
      this.#strangers.add(worker);
      this.#log.warn("worker differs", { worker, provider });
    }
    return same;
  }

  #look(): void {
    const nowMs = performance.now();
    for (const worker of [...this.#workers.values()]) {
      const silentMs = nowMs - worker.heardMs;
      if (silentMs <= SILENCE_MS) continue;
      this.#remove(worker, `nothing was heard of it for ${silentMs | 0} ms`);
    }
  }

  /** @param reason Why its work has to be done by others, or null if it finishes it. */
  #remove(worker: RemoteWorker, reason: string | null): void {
    this.#workers.delete(worker.id);
    this.scheduler.remove(worker);
    if (reason === null) {
      this.#log.info("worker leaves", { worker: worker.id });
      return;
    }
    this.#lost++;
    this.#log.warn("worker lost", { worker: worker.id, reason });
    worker.lose(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
    for (const worker of this.#workers.values()) worker.lose("closed");
    await this.scheduler.close(new Error("The engine is closed"));
    await this.#nats.close();
  }
}
