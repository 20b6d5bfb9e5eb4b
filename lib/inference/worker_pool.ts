/**
 * Keeps a number of workers alive: one that dies or hangs is replaced.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { oneLine } from "./one_line.ts";
import type { Scheduler } from "./scheduler.ts";
import type { WorkerClient } from "./worker_client.ts";

/** Options of {@linkcode WorkerPool}. */
export interface WorkerPoolOptions {
  /** What they are, for the log. */
  name: string;
  size: number;
  /** Starts a worker and waits until it is ready for work. */
  open: () => Promise<WorkerClient>;
  /** Who gives them work. */
  scheduler: Scheduler<WorkerClient>;
  log: Log;
  /** Wait before the first restart, in ms; doubled by each that follows within a minute. */
  backoffMs?: number;
}

const BACKOFF_MS = 50;
const MOST_BACKOFF_MS = 10_000;
/** A worker that has lived so long is not to blame for those before it, in ms. */
const HEALTHY_MS = 60_000;

/** Workers of one kind. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<WorkerClient>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #opening: Promise<unknown> = Promise.resolve();
  #restarts = 0;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Workers that are ready. */
  get alive(): number {
    return this.#workers.size;
  }

  /** Workers that were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Starts all workers, one after the other.
   *
   * @throws {Error} The reason why one does not start; none is left then.
   */
  async start(): Promise<void> {
    try {
      for (let i = 0; i < this.#options.size; i++) await this.#open(0);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ends all workers; none is started any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#opening.catch(() => {});
    await Promise.allSettled([...this.#workers].map((each) => each.close()));
    this.#workers.clear();
  }

  /** @param failures Workers that died young in this one's place. */
  async #open(failures: number): Promise<void> {
    const { open, scheduler } = this.#options;
    const opening = open();
    this.#opening = opening;
    const worker = await opening;
    this.#workers.add(worker);
    const openedMs = performance.now();
    worker.lost.then((reason) => {
      this.#workers.delete(worker);
      scheduler.remove(worker);
      const young = performance.now() - openedMs < HEALTHY_MS;
      this.#replace(young ? failures + 1 : 1, reason);
    });
    if (!this.#closed) scheduler.add(worker);
  }

  #replace(failures: number, reason: Error): void {
    if (this.#closed) return;
    const { name, log, backoffMs = BACKOFF_MS } = this.#options;
    const waitMs = Math.min(backoffMs * 2 ** (failures - 1), MOST_BACKOFF_MS);
    log.error("worker lost", {
      worker: name,
      reason: oneLine(reason),
      restart_ms: waitMs,
    });
    this.#restarts++;
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      try {
        await this.#open(failures);
        log.info("worker restarted", { worker: name });
      } catch (error) {
        this.#replace(failures + 1, error as Error);
      }
    }, waitMs);
    this.#timers.add(timer);
  }
}
