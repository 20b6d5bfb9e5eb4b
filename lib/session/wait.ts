/**
 * Waiting that can be given up.
 *
 * @module
 */

/**
 * Resolves after `ms`.
 *
 * @throws The reason of `signal` once it is aborted.
 */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Resolves as `promise` does, unless `signal` is aborted first.
 *
 * @throws The reason of `signal` once it is aborted; the promise is then let go.
 */
export function orAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}

/** Resolves when `promise` does, or after `ms`, whichever is first. */
export async function atMost(
  ms: number,
  promise: Promise<unknown>,
): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

/** Something to wait at; open at first. */
export class Gate {
  #opened: PromiseWithResolvers<void> | null = null;

  /** True between `close` and `open`. */
  get closed(): boolean {
    return this.#opened !== null;
  }

  /** Makes everybody wait. */
  close(): void {
    this.#opened ??= Promise.withResolvers();
  }

  /** Lets everybody through. */
  open(): void {
    this.#opened?.resolve();
    this.#opened = null;
  }

  /**
   * Resolves while the gate is open.
   *
   * @throws The reason of `signal` once it is aborted.
   */
  async passed(signal: AbortSignal): Promise<void> {
    while (this.#opened !== null) await orAbort(this.#opened.promise, signal);
  }
}
