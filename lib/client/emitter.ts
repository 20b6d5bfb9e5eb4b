/**
 * Typed events.
 *
 * @module
 */

/** Calls listeners by the `type` of what happened. */
export class Emitter<Event extends { type: string }> {
  readonly #listeners = new Map<string, Set<(event: never) => void>>();

  /** Calls `listener` on every event of the type; returns how to stop that. */
  on<T extends Event["type"]>(
    type: T,
    listener: (event: Extract<Event, { type: T }>) => void,
  ): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Calls the listeners; what one throws reaches the host, not the others. */
  emit(event: Event): void {
    for (const listener of [...this.#listeners.get(event.type) ?? []]) {
      try {
        listener(event as never);
      } catch (error) {
        throwLater(error);
      }
    }
  }
}

/** As `reportError`, which Node does not have. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
