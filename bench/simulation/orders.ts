/**
 * Orders of work to hold the server's against.
 *
 * @module
 */
import type { Task, TaskOrder } from "../../lib/inference/work_queue.ts";

/** First come, first served. */
export class Fifo<T extends Task> implements TaskOrder<T> {
  readonly #tasks = new Set<T>();

  get size(): number {
    return this.#tasks.size;
  }

  push(task: T): void {
    this.#tasks.add(task);
  }

  remove(task: T): boolean {
    return this.#tasks.delete(task);
  }

  take(): T | undefined {
    const [first] = this.#tasks;
    if (first !== undefined) this.#tasks.delete(first);
    return first;
  }

  takeWhere(fits: (task: T) => boolean, most: number): T[] {
    const taken: T[] = [];
    for (const task of this.#tasks) {
      if (taken.length >= most) break;
      if (fits(task)) taken.push(task);
    }
    for (const task of taken) this.#tasks.delete(task);
    return taken;
  }

  clear(): T[] {
    const all = [...this.#tasks];
    this.#tasks.clear();
    return all;
  }
}

/** Each owner in turn gets one task done. */
export class RoundRobin<T extends Task> implements TaskOrder<T> {
  /** The owner whose turn it is comes first. */
  readonly #queues = new Map<unknown, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(task: T): void {
    const queue = this.#queues.get(task.owner);
    if (queue) queue.push(task);
    else this.#queues.set(task.owner, [task]);
    this.#size++;
  }

  remove(task: T): boolean {
    const queue = this.#queues.get(task.owner);
    const at = queue?.indexOf(task) ?? -1;
    if (at < 0) return false;
    this.#drop(task.owner, queue!, at);
    return true;
  }

  take(): T | undefined {
    const [next] = this.#queues;
    if (next === undefined) return undefined;
    const [owner, queue] = next;
    const task = queue[0]!;
    this.#drop(owner, queue, 0);
    // Whoever was served goes to the end of the line.
    if (queue.length > 0) {
      this.#queues.delete(owner);
      this.#queues.set(owner, queue);
    }
    return task;
  }

  takeWhere(fits: (task: T) => boolean, most: number): T[] {
    const taken: T[] = [];
    for (const queue of this.#queues.values()) {
      if (taken.length >= most) break;
      const task = queue[0]!;
      if (fits(task)) taken.push(task);
    }
    for (const task of taken) this.remove(task);
    return taken;
  }

  clear(): T[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#size = 0;
    return all;
  }

  #drop(owner: unknown, queue: T[], at: number): void {
    queue.splice(at, 1);
    this.#size--;
    if (queue.length === 0) this.#queues.delete(owner);
  }
}
