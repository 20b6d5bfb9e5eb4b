/**
 * Which unit of work runs next, and on which worker.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { Costs } from "./costs.ts";
import type { WorkOptions } from "./engine.ts";
import { type Task, type TaskOrder, WorkQueue } from "./work_queue.ts";
import { WorkerLostError } from "./worker_lost.ts";

/** Results of a batch, and how long the worker was at it, in ms. */
export interface Done<O> {
  outputs: O[];
  ms: number;
}

/** A kind of work. */
export interface Job<W, I, O> {
  /** Units of the same key cost the same and may share a run. */
  key: string;
  /** Rows that one run takes at most; 1 = one unit a run. */
  mostRows: number;
  /** True if an input can be run again after a worker was lost over it. */
  repeatable: boolean;
  /** Rows of an input. */
  rows(input: I): number;
  /** Runs inputs together; gives an output for each. */
  execute(worker: W, inputs: I[]): Promise<Done<O>>;
}

/** Told of every unit that is about to run. */
export type OnStart = (task: Task, nowMs: number) => void;

/** What a scheduler is made of; everything may be replaced by a simulation. */
export interface SchedulerOptions<W> {
  order?: TaskOrder<Unit<W>>;
  costs?: Costs;
  /** Clock in ms. */
  now?: () => number;
  /** Lets whoever was served ask again, before another unit starts. */
  turn?: () => Promise<void>;
  onStart?: OnStart;
  /** Workers that a unit may cost; default {@linkcode MOST_LOSSES}. */
  mostLosses?: number;
}

/** A unit that waits. */
export interface Unit<W> extends Task {
  job: Job<W, unknown, unknown>;
  input: unknown;
  rows: number;
  queuedMs: number;
  /** Workers that were lost over it. */
  losses: number;
  options: WorkOptions;
  resolve(output: unknown): void;
  reject(reason: unknown): void;
}

/** What has cost so many workers is not tried again: it may be the reason. */
export const MOST_LOSSES = 3;

/**
 * Runs units on workers that do one at a time. What runs is never interrupted;
 * if its worker is lost, it runs again elsewhere: units are pure functions.
 */
export class Scheduler<W> {
  readonly costs: Costs;
  readonly #order: TaskOrder<Unit<W>>;
  readonly #now: () => number;
  readonly #turn: () => Promise<void>;
  readonly #onStart: OnStart;
  readonly #mostLosses: number;
  /** Free slots of workers. */
  #idle: W[] = [];
  /** Workers, and how many runs each is at. */
  readonly #workers = new Map<W, number>();
  readonly #running = new Set<Promise<void>>();
  #busyMs = 0;
  #closed: Error | null = null;

  constructor(options: SchedulerOptions<W> = {}) {
    this.#order = options.order ?? new WorkQueue<Unit<W>>();
    this.costs = options.costs ?? new Costs();
    this.#now = options.now ?? (() => performance.now());
    this.#turn = options.turn ?? nextTurn;
    this.#onStart = options.onStart ?? (() => {});
    this.#mostLosses = options.mostLosses ?? MOST_LOSSES;
  }

  /** Units that wait, the running ones not counted. */
  get waiting(): number {
    return this.#order.size;
  }

  /** True if a unit would start at once. */
  get free(): boolean {
    return this.#idle.length > 0 && this.#order.size === 0;
  }

  /** Workers that are there. */
  get workers(): number {
    return this.#workers.size;
  }

  /** Time that workers have been at work since the beginning, in ms. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /**
   * Gives work to one more worker.
   *
   * @param slots Runs that it is given at once: more than one where asking takes time.
   */
  add(worker: W, slots = 1): void {
    this.#workers.set(worker, 0);
    for (let i = 0; i < slots; i++) this.#idle.push(worker);
    this.#start();
  }

  /** Gives no more work to a worker. */
  remove(worker: W): void {
    this.#workers.delete(worker);
    this.#idle = this.#idle.filter((each) => each !== worker);
  }

  /**
   * Runs a unit when it is its turn.
   *
   * @throws {RangeError} If the deadline is NaN, which has no place in an order.
   * @throws {unknown} The signal's reason if it is aborted before the unit starts.
   * @throws {Error} The reason of `close`, or the worker's.
   */
  async run<I, O>(
    job: Job<W, I, O>,
    input: I,
    options: WorkOptions,
  ): Promise<O> {
    const { deadlineMs, signal, restUnits = 0, interactive = false } = options;
    if (Number.isNaN(deadlineMs)) {
      throw new RangeError("Cannot schedule work with deadline NaN");
    }
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;

    const { promise, resolve, reject } = Promise.withResolvers<O>();
    const rows = job.rows(input);
    const costMs = this.costs.estimate(job.key, rows);
    const unit: Unit<W> = {
      dueMs: deadlineMs,
      interactive,
      costMs,
      restMs: restUnits * costMs,
      ...(options.owner !== undefined && { owner: options.owner }),
      job: job as unknown as Job<W, unknown, unknown>,
      input,
      rows,
      queuedMs: this.#now(),
      losses: 0,
      options,
      resolve: resolve as (output: unknown) => void,
      reject,
    };
    const abandon = () => {
      if (this.#order.remove(unit)) reject(signal!.reason);
    };
    signal?.addEventListener("abort", abandon, { once: true });
    this.#order.push(unit);
    this.#start();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abandon);
    }
  }

  /** Rejects all that waits and all that comes; resolves once nothing runs. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    for (const unit of this.#order.clear()) unit.reject(reason);
    await Promise.all(this.#running);
  }

  #start(): void {
    while (this.#idle.length > 0 && this.#order.size > 0) {
      const nowMs = this.#now();
      const first = this.#order.take(nowMs, this.#workers.size)!;
      const batch = [first, ...this.#company(first, nowMs)];
      const running = this.#run(this.#leastBusy(), batch);
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    }
  }

  /** Takes a slot of the worker that is at the fewest runs, of the longest idle one among equals. */
  #leastBusy(): W {
    const runs = (worker: W) => this.#workers.get(worker)!;
    let best = 0;
    for (let i = 1; i < this.#idle.length; i++) {
      if (runs(this.#idle[i]!) < runs(this.#idle[best]!)) best = i;
    }
    const [worker] = this.#idle.splice(best, 1);
    this.#workers.set(worker!, runs(worker!) + 1);
    return worker!;
  }

  /** Units that share the run of `first`, as long as that makes neither late. */
  #company(first: Unit<W>, nowMs: number): Unit<W>[] {
    const { job, interactive, dueMs, restMs } = first;
    let rows = first.rows;
    if (rows >= job.mostRows) return [];
    const inTime = (more: number) =>
      interactive ||
      nowMs + this.costs.estimate(job.key, rows + more) + restMs <= dueMs;
    return this.#order.takeWhere((other) => {
      const joins = other.job.key === job.key &&
        other.interactive === interactive &&
        rows + other.rows <= job.mostRows && inTime(other.rows);
      if (joins) rows += other.rows;
      return joins;
    }, job.mostRows);
  }

  async #run(worker: W, batch: Unit<W>[]): Promise<void> {
    const { job } = batch[0]!;
    const startedMs = this.#now();
    for (const unit of batch) this.#onStart(unit, startedMs);
    try {
      const inputs = batch.map(({ input }) => input);
      const { outputs, ms } = await job.execute(worker, inputs);
      const rows = batch.reduce((sum, unit) => sum + unit.rows, 0);
      this.costs.record(job.key, rows, ms);
      this.#busyMs += ms;
      batch.forEach((unit, i) => {
        const queueMs = startedMs - unit.queuedMs;
        unit.options.onTiming?.({ queueMs, runMs: ms });
        unit.resolve(outputs[i]);
      });
    } catch (error) {
      for (const unit of batch) this.#failed(unit, error);
    }
    // Whoever was served mostly asks again at once, and may be the most
    // urgent still: it gets one turn of the event loop before another starts.
    if (this.#order.size > 0) await this.#turn();
    const runs = this.#workers.get(worker);
    if (runs !== undefined) {
      this.#workers.set(worker, runs - 1);
      this.#idle.push(worker);
    }
    this.#start();
  }

  #failed(unit: Unit<W>, error: unknown): void {
    const { signal } = unit.options;
    const again = error instanceof WorkerLostError && unit.job.repeatable &&
      this.#closed === null && ++unit.losses < this.#mostLosses;
    if (!again) unit.reject(this.#closed ?? error);
    else if (signal?.aborted) unit.reject(signal.reason);
    else this.#order.push(unit);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
