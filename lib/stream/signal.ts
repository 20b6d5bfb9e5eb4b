/**
 * A bell: whoever waits is woken by the next ring.
 *
 * @module
 */

/** Wakes all waiters at each `notify`. */
export class Signal {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next `notify`. */
  wait(): Promise<void> {
    return this.#next.promise;
  }

  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}
