/**
 * Controls over time: what the client asked for, from which sample on, and how
 * long the change takes.
 *
 * @module
 */
import type { Controls, Parts } from "../protocol/mod.ts";

/** One state of the controls. */
export interface ScoreEntry {
  /** First sample at which it is in force. */
  sample: number;
  /** Length of the change towards it, in samples. */
  ramp: number;
  controls: Controls;
}

/** Controls that change gradually over a ramp. */
export type RampedControl = "density" | "brightness" | "energy" | "guidance";

/** `base` with `patch` laid over it: what is absent stays, parts one by one. */
export function mergePatches<T extends Partial<Controls>>(
  base: T,
  patch: Partial<Controls>,
): T {
  const parts: Parts | undefined = patch.parts
    ? { ...base.parts, ...patch.parts }
    : base.parts;
  return { ...base, ...patch, ...(parts ? { parts } : {}) };
}

/** The states of a stream's controls, in order of time. */
export class Score {
  #entries: ScoreEntry[];

  constructor(controls: Controls) {
    this.#entries = [{ sample: -Infinity, ramp: 0, controls }];
  }

  /** The same states again, out of `entriesFrom`. */
  static of(entries: readonly ScoreEntry[]): Score {
    const score = new Score(entries[0]!.controls);
    score.#entries = [...entries];
    return score;
  }

  /** The states that are asked for from a sample on, and the one that the first may ramp from. */
  entriesFrom(sample: number): ScoreEntry[] {
    const index = this.#entries.findLastIndex((e) => e.sample <= sample);
    return this.#entries.slice(Math.max(0, index - 1));
  }

  /** Controls as the newest change leaves them. */
  get latest(): Controls {
    return this.#entries.at(-1)!.controls;
  }

  /** The controls in force and those that they may still ramp from. */
  get recent(): Controls[] {
    return this.#entries.slice(-3).map((entry) => entry.controls);
  }

  /** Lays a patch over the latest controls from `sample` on. */
  change(sample: number, ramp: number, patch: Partial<Controls>): void {
    const controls = mergePatches(this.latest, patch);
    this.#entries.push({ sample, ramp, controls });
    // Only the entry in force and the one it ramps from are ever asked for.
    if (this.#entries.length > 64) this.#entries.shift();
  }

  /** The entry in force at a sample, the one before it, and how far the change has gone (0-1). */
  at(sample: number): { from: Controls; to: Controls; progress: number } {
    const index = this.#entries.findLastIndex((e) => e.sample <= sample);
    const entry = this.#entries[Math.max(0, index)]!;
    const from = this.#entries[Math.max(0, index - 1)]!;
    const progress = entry.ramp === 0
      ? 1
      : Math.min(1, (sample - entry.sample) / entry.ramp);
    return { from: from.controls, to: entry.controls, progress };
  }

  /** A gradual control at a sample, or null where it is not given. */
  value(name: RampedControl, sample: number): number | null {
    const { from, to, progress } = this.at(sample);
    const end = to[name] ?? null;
    const start = from[name] ?? null;
    // A control that appears or goes has no value to start from: it switches.
    if (end === null || start === null) return end;
    return start + (end - start) * progress;
  }

  /** True while a ramp is under way at a sample. */
  ramping(sample: number): boolean {
    return this.at(sample).progress < 1;
  }
}
