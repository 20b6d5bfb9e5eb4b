/**
 * Slows down whoever tries keys.
 *
 * @module
 */
import { Refusal } from "../session/refusal.ts";

/** Wrong keys that an address may show within a window. */
const MOST_ATTEMPTS = 20;
const WINDOW_MS = 60_000;

/** Addresses remembered; the oldest is forgotten for a new one. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong keys by address. */
export class Attempts {
  readonly #failed = new Map<string, { count: number; sinceMs: number }>();

  /** @throws {Refusal} `busy` if the address has shown too many wrong keys. */
  require(address: string, nowMs = performance.now()): void {
    const failed = this.#failed.get(address);
    if (failed === undefined) return;
    const waitMs = failed.sinceMs + WINDOW_MS - nowMs;
    if (waitMs <= 0) this.#failed.delete(address);
    else if (failed.count >= MOST_ATTEMPTS) {
      const text = `The address has shown ${failed.count} wrong keys`;
      throw new Refusal("busy", text, {
        retryAfterMs: Math.ceil(waitMs),
        status: 429,
      });
    }
  }

  /** The address has shown a wrong key. */
  fail(address: string, nowMs = performance.now()): void {
    const failed = this.#failed.get(address);
    if (failed !== undefined) failed.count++;
    else {
      this.#failed.set(address, { count: 1, sinceMs: nowMs });
      if (this.#failed.size <= MOST_ADDRESSES) return;
      const [oldest] = this.#failed.keys();
      this.#failed.delete(oldest!);
    }
  }
}
