/**
 * Which unit of work runs next on a device that does one at a time.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { WorkOptions } from "./engine.ts";

interface Unit {
  deadlineMs: number;
  run(): Promise<void>;
  reject(reason: unknown): void;
}

/**
 * Runs units one after the other, earliest deadline first; equal deadlines in
 * the order of arrival. What runs is never interrupted.
 */
export class Scheduler {
  /** Sorted by deadline. */
  #waiting: Unit[] = [];
  #running: Promise<void> | null = null;
  #closed: Error | null = null;

  /** Units that wait, the running one not counted. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs `execute` when it is the most urgent unit.
   *
   * @param execute Starts the work.
   * @returns What `execute` resolves to.
   * @throws {RangeError} If the deadline is NaN, which has no place in an order.
   * @throws {unknown} The signal's reason if it is aborted before the unit starts.
   * @throws {Error} The reason of `close`.
   */
  async run<T>(execute: () => Promise<T>, options: WorkOptions): Promise<T> {
    const { deadlineMs, signal, onTiming } = options;
    if (Number.isNaN(deadlineMs)) {
      throw new RangeError("Cannot schedule work with deadline NaN");
    }
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;

    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const queuedMs = performance.now();
    const unit: Unit = {
      deadlineMs,
      reject,
      async run() {
        signal?.removeEventListener("abort", abandon);
        const startedMs = performance.now();
        try {
          const result = await execute();
          const queueMs = startedMs - queuedMs;
          onTiming?.({ queueMs, runMs: performance.now() - startedMs });
          resolve(result);
        } catch (error) {
          reject(error);
        }
      },
    };
    const abandon = () => {
      this.#waiting = this.#waiting.filter((other) => other !== unit);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abandon, { once: true });
    this.#insert(unit);
    this.#next();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abandon);
    }
  }

  /** Rejects all that waits and all that comes; resolves once nothing runs. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    for (const unit of this.#waiting.splice(0)) unit.reject(reason);
    await this.#running;
  }

  #insert(unit: Unit): void {
    const at = this.#waiting.findLastIndex((other) =>
      other.deadlineMs <= unit.deadlineMs
    );
    this.#waiting.splice(at + 1, 0, unit);
  }

  #next(): void {
    if (this.#running) return;
    const unit = this.#waiting.shift();
    if (!unit) return;
    this.#running = unit.run().then(async () => {
      // Whoever was served mostly asks again at once, and may be the most
      // urgent still: it gets one turn of the event loop before another starts.
      if (this.#waiting.length > 0) await turn();
      this.#running = null;
      this.#next();
    });
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
