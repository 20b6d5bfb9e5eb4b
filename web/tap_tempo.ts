/**
 * A tempo from taps.
 *
 * @module
 */

/** A pause after which counting begins anew, in ms. */
const FORGET_MS = 2000;
/** Taps that count. */
const MEMORY = 8;

/** Averages the time between taps. */
export class TapTempo {
  #taps: number[] = [];

  /**
   * Takes a tap.
   *
   * @param timeMs When it was.
   * @returns Tempo in beats a minute, 40-240, or null after the first tap.
   */
  tap(timeMs: number): number | null {
    const last = this.#taps.at(-1);
    if (last !== undefined && timeMs - last > FORGET_MS) this.#taps = [];
    this.#taps = [...this.#taps, timeMs].slice(-MEMORY);
    const [first] = this.#taps;
    const intervals = this.#taps.length - 1;
    if (intervals < 1 || timeMs === first) return null;
    const bpm = 60_000 * intervals / (timeMs - first!);
    return Math.min(240, Math.max(40, bpm));
  }
}
