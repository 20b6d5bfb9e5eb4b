/**
 * How often something may happen.
 *
 * @module
 */

/** Tokens that come back at a steady rate. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #most: number;
  #tokens: number;
  #filledMs: number;

  /**
   * @param perSecond Tokens that come back in a second.
   * @param most How many there are at most, and at first.
   * @param nowMs The time, on the clock of later calls, in ms.
   */
  constructor(perSecond: number, most: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#tokens = most;
    this.#filledMs = nowMs;
  }

  /** Takes a token; false if there is none. */
  take(nowMs: number): boolean {
    const back = (nowMs - this.#filledMs) / 1000 * this.#perSecond;
    this.#tokens = Math.min(this.#most, this.#tokens + back);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
