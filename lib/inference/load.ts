/**
 * How hard the engine works: whether running streams are about to run dry, and
 * what one more would cost. No clock of its own, so that it can be simulated.
 *
 * @module
 */
import type { Task } from "./work_queue.ts";

/** 0: all is well; each level above takes away from quality what the package allows. */
export type Pressure = 0 | 1 | 2;

/** A running stream whose next music is begun so close to its time is about to run dry, in ms. */
const SHORT_MS = 250;
/** Enough in hand to give quality back, in ms. */
const AMPLE_MS = 1000;
/** Least time from one level to the next. */
const RISE_MS = 500;
/** Time without want before a level is taken back. */
const CALM_MS = 5000;

/** Watches what starts. */
export class Load {
  #pressure: Pressure = 0;
  #changedMs = -Infinity;
  /** When somebody last had less than enough in hand. */
  #shortMs = -Infinity;

  /** How much quality is to be given up. */
  get pressure(): Pressure {
    return this.#pressure;
  }

  /** Takes note of a unit that is about to run. */
  started({ dueMs, interactive, costMs, restMs }: Task, nowMs: number): void {
    // What somebody waits for is due at once: that says nothing.
    if (interactive) return;
    const spareMs = dueMs - nowMs - costMs - restMs;
    if (spareMs < AMPLE_MS) this.#shortMs = nowMs;
    if (spareMs < SHORT_MS && nowMs - this.#changedMs >= RISE_MS) {
      this.#set(Math.min(2, this.#pressure + 1) as Pressure, nowMs);
    }
    this.tick(nowMs);
  }

  /** Takes a level back after some time without want. */
  tick(nowMs: number): void {
    const calmMs = nowMs - Math.max(this.#shortMs, this.#changedMs);
    if (this.#pressure > 0 && calmMs >= CALM_MS) {
      this.#set(this.#pressure - 1 as Pressure, nowMs);
    }
  }

  #set(pressure: Pressure, nowMs: number): void {
    if (pressure === this.#pressure) return;
    this.#pressure = pressure;
    this.#changedMs = nowMs;
  }
}
