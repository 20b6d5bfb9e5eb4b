/**
 * Packets on their way from the socket to whoever iterates.
 *
 * @module
 */

import { type Deferred, deferred } from "./deferred.ts";

/** A queue that is filled by calls and emptied by `for await`. */
export class PacketQueue<T> {
  #items: T[] = [];
  /** How many of them have been read: to shift each would move all the others. */
  #read = 0;
  #waiting: Deferred<IteratorResult<T>>[] = [];
  #end: { error?: unknown } | null = null;

  /** Appends an item, unless the queue has ended. */
  push(item: T): void {
    if (this.#end) return;
    const reader = this.#waiting.shift();
    if (reader) reader.resolve({ done: false, value: item });
    else this.#items.push(item);
  }

  /** Ends the queue; what is in it can still be read. Only the first call counts. */
  end(): void {
    this.#finish({});
  }

  /** Ends the queue: readers get what is in it, then the error, once. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  /** Drops what has not been read. */
  clear(): void {
    this.#items = [];
    this.#read = 0;
  }

  /** The next item; rejects once with the error of `fail`. */
  next(): Promise<IteratorResult<T>> {
    if (this.#read < this.#items.length) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    if (!this.#end) {
      const reader = deferred<IteratorResult<T>>();
      this.#waiting.push(reader);
      return reader.promise;
    }
    if ("error" in this.#end) {
      const { error } = this.#end;
      this.#end = {};
      return Promise.reject(error);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  #take(): T {
    const item = this.#items[this.#read++]!;
    if (2 * this.#read > this.#items.length) {
      this.#items = this.#items.slice(this.#read);
      this.#read = 0;
    }
    return item;
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const reader of waiting) {
      this.next().then(reader.resolve, reader.reject);
    }
  }
}
