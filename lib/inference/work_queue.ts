/**
 * In which order work is done. Nothing here reads a clock or waits, so that the
 * same code serves and is simulated.
 *
 * @module
 */

/** What the order depends on. Times in ms on any one clock. */
export interface Task {
  /** When this and all that follows it in its errand has to be done. */
  readonly dueMs: number;
  /** Somebody waits for it now: a first packet, a change. */
  readonly interactive: boolean;
  /** Expected time of this task alone. */
  readonly costMs: number;
  /** Expected time of the tasks that follow it in its errand. */
  readonly restMs: number;
  /** Whose it is; orders that are fair by stream need to know. */
  readonly owner?: unknown;
}

/** An order of tasks. */
export interface TaskOrder<T extends Task> {
  /** Tasks that wait. */
  readonly size: number;
  push(task: T): void;
  /** Takes out what is no longer wanted; false if it is not there. */
  remove(task: T): boolean;
  /** Takes out what is to start now on one of `workers`; undefined if nothing waits. */
  take(nowMs: number, workers: number): T | undefined;
  /** Takes out up to `most` tasks that `fits` accepts, in order. */
  takeWhere(fits: (task: T) => boolean, most: number): T[];
  /** Takes out everything. */
  clear(): T[];
}

/** How long somebody who waits may be put off for the sake of running streams, in ms. */
const PATIENCE_MS = 500;

/**
 * Earliest deadline first, where a task counts as due when the rest of its
 * errand has to begin. Interactive tasks go before all others as long as every
 * other errand that waits would still be done in time; else they take their turn
 * as if due half a second after they were wanted.
 */
export class WorkQueue<T extends Task> implements TaskOrder<T> {
  #regular: T[] = [];
  #interactive: T[] = [];

  get size(): number {
    return this.#regular.length + this.#interactive.length;
  }

  push(task: T): void {
    const list = this.#listOf(task);
    list.splice(placeIn(list, startBy(task)), 0, task);
  }

  remove(task: T): boolean {
    const list = this.#listOf(task);
    const at = list.indexOf(task);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
  }

  take(nowMs: number, workers: number): T | undefined {
    const wanted = this.#interactive[0];
    const next = this.#regular[0];
    if (!wanted || !next) {
      return this.#interactive.shift() ?? this.#regular.shift();
    }
    const jumps = wanted.dueMs + PATIENCE_MS <= next.dueMs ||
      this.#spares(wanted.costMs, nowMs, workers);
    return (jumps ? this.#interactive : this.#regular).shift();
  }

  takeWhere(fits: (task: T) => boolean, most: number): T[] {
    const taken: T[] = [];
    for (const list of [this.#interactive, this.#regular]) {
      for (let i = 0; i < list.length && taken.length < most;) {
        if (fits(list[i]!)) taken.push(...list.splice(i, 1));
        else i++;
      }
    }
    return taken;
  }

  clear(): T[] {
    return [...this.#interactive.splice(0), ...this.#regular.splice(0)];
  }

  /** True if all that is regular is done in time even if it begins `ms` later. */
  #spares(ms: number, nowMs: number, workers: number): boolean {
    let doneMs = nowMs + ms / workers;
    for (const { dueMs, costMs, restMs } of this.#regular) {
      doneMs += (costMs + restMs) / workers;
      // An errand is a chain: it takes its own time however many workers there are.
      if (Math.max(doneMs, nowMs + ms + costMs + restMs) > dueMs) return false;
    }
    return true;
  }

  #listOf(task: Task): T[] {
    return task.interactive ? this.#interactive : this.#regular;
  }
}

/** When the errand has to go on at the latest but for this task's own time. */
function startBy({ dueMs, restMs }: Task): number {
  return dueMs - restMs;
}

/** After all that are due no later: equal ones keep the order of arrival. */
function placeIn(list: readonly Task[], startByMs: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startBy(list[middle]!) <= startByMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
