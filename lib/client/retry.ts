/**
 * Tries again, ever more patiently.
 *
 * @module
 */

/** Short: another server may be there at once, and what was sent ahead plays on meanwhile. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 8_000;
/** What has not answered by then is not there: a server greets at once. */
export const ATTEMPT_MS = 10_000;

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** How long to go on trying, in ms. */
  forMs: number;
  /** Stops trying. */
  signal: AbortSignal;
}

/**
 * Calls `attempt` until it succeeds. Waits twice as long each time, up to 8 s,
 * and not as long as the others who lost the same server. Each attempt has ten
 * seconds, or what is left: its signal aborts then.
 *
 * @returns What `attempt` resolves with. Rejects as its last try does.
 */
export async function retry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { forMs, signal }: RetryOptions,
): Promise<T> {
  const untilMs = performance.now() + forMs;
  for (let waitMs = FIRST_WAIT_MS;; waitMs *= 2) {
    const thisMs = Math.min(waitMs, LONGEST_WAIT_MS) * (0.5 + Math.random());
    await wait(Math.min(thisMs, untilMs - performance.now()), signal);
    try {
      const restMs = Math.max(0, untilMs - performance.now());
      const limit = AbortSignal.timeout(Math.min(ATTEMPT_MS, restMs));
      return await attempt(AbortSignal.any([signal, limit]));
    } catch (error) {
      if (signal.aborted || performance.now() >= untilMs) throw error;
    }
  }
}

/** Resolves after `ms`, or at once if aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
