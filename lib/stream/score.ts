/**
 * Controls over time: what the client asked for, from which sample on, and how
 * long the change takes.
 *
 * @module
 */
import type { Controls, Parts } from "../protocol/mod.ts";
import { blendPrompts, type Prompts } from "./prompt_blend.ts";

/** A way from one value to another; each control has its own, so that a change of one leaves the others on theirs. */
export interface Glide<T> {
  from: T;
  to: T;
  /** Its first sample. */
  sample: number;
  /** Its length, in samples. */
  ramp: number;
}

/** Controls that change gradually over a ramp, beside the prompts. */
const RAMPED = ["density", "brightness", "energy", "guidance"] as const;

/** A control that changes gradually over a ramp. */
export type RampedControl = typeof RAMPED[number];

/** One state of the controls. */
export interface ScoreEntry {
  /** First sample at which it is in force. */
  sample: number;
  /** The first of its change that can be heard, in the same latent frame. */
  at: number;
  controls: Controls;
  /** Of those controls that are given. */
  glides: Partial<Record<RampedControl, Glide<number>>>;
  prompts: Glide<Prompts>;
}

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

/** How far a change has gone at a sample, 0-1. */
function progress({ sample, ramp }: Glide<unknown>, now: number): number {
  return ramp === 0 ? 1 : Math.min(1, Math.max(0, (now - sample) / ramp));
}

/** The states of a stream's controls, in order of time. */
export class Score {
  #entries: ScoreEntry[];

  constructor(controls: Controls) {
    const prompts = controls.prompts ?? [];
    this.#entries = [{
      sample: -Infinity,
      at: -Infinity,
      controls,
      glides: Object.fromEntries(
        RAMPED.flatMap((name) => {
          const to = controls[name] ?? null;
          return to === null ? [] : [[name, still(to)]];
        }),
      ),
      prompts: still(prompts),
    }];
  }

  /** The same states again, out of `entriesFrom`. */
  static of(entries: readonly ScoreEntry[]): Score {
    const score = new Score(entries[0]!.controls);
    score.#entries = [...entries];
    return score;
  }

  /** The states that are asked for from a sample on. */
  entriesFrom(sample: number): ScoreEntry[] {
    const index = this.#entries.findLastIndex((e) => e.sample <= sample);
    return this.#entries.slice(Math.max(0, index));
  }

  /** Controls as the newest change leaves them. */
  get latest(): Controls {
    return this.#entries.at(-1)!.controls;
  }

  /** Prompts that are in force, or on their way in or out. */
  get recent(): Pick<Controls, "prompts">[] {
    return this.#entries.slice(-3).flatMap(({ prompts: { from, to } }) => [
      { prompts: from },
      { prompts: to },
    ]);
  }

  /**
   * Lays a patch over the latest controls from `sample` on. What it does not name goes on as it was going.
   *
   * @param at The first sample that can be heard of it.
   */
  change(
    sample: number,
    ramp: number,
    patch: Partial<Controls>,
    at = sample,
  ): void {
    const { glides, prompts } = this.#entries.at(-1)!;
    const entry: ScoreEntry = {
      ...{ sample, at, prompts, glides: { ...glides } },
      controls: mergePatches(this.latest, patch),
    };
    for (const name of RAMPED) {
      const to = patch[name];
      if (to === undefined) continue;
      delete entry.glides[name];
      if (to === null) continue;
      const from = this.#value(glides[name], sample);
      // A control that appears has no value to start from: it switches.
      entry.glides[name] = from === null
        ? still(to)
        : { from, to, sample, ramp };
    }
    if (patch.prompts !== undefined) {
      const from = blendPrompts(prompts, progress(prompts, sample));
      entry.prompts = { from, to: patch.prompts ?? [], sample, ramp };
    }
    this.#entries.push(entry);
  }

  /** Forgets what was changed from sample `at` on. */
  truncate(at: number): void {
    this.#entries = this.#entries.filter((e, i) => i === 0 || e.at < at);
  }

  /** Forgets what is not in force any more at a sample. */
  forget(sample: number): void {
    this.#entries = this.entriesFrom(sample);
  }

  #entry(sample: number): ScoreEntry {
    return this.#entries.findLast((e) => e.sample <= sample) ??
      this.#entries[0]!;
  }

  /** The controls in force at a sample: where those that change gradually are going. */
  at(sample: number): Controls {
    return this.#entry(sample).controls;
  }

  /** The controls that can be heard at a sample: a change is made from the start of its latent frame on, and heard from somewhere in it. */
  heardAt(sample: number): Controls {
    const entry = this.#entries.findLast(({ at }) => at <= sample);
    return (entry ?? this.#entries[0]!).controls;
  }

  /** A gradual control at a sample, or null where it is not given. */
  value(name: RampedControl, sample: number): number | null {
    return this.#value(this.#entry(sample).glides[name], sample);
  }

  #value(glide: Glide<number> | undefined, sample: number): number | null {
    if (!glide) return null;
    return glide.from + (glide.to - glide.from) * progress(glide, sample);
  }

  /** The prompts at a sample: those that they come from, those that they go to, and how far they have gone (0-1). */
  prompts(sample: number): { from: Prompts; to: Prompts; progress: number } {
    const { prompts } = this.#entry(sample);
    const { from, to } = prompts;
    return { from, to, progress: progress(prompts, sample) };
  }

  /** True while a ramp is under way at a sample. */
  ramping(sample: number): boolean {
    const { glides, prompts } = this.#entry(sample);
    return [prompts, ...Object.values(glides)]
      .some((glide) => progress(glide, sample) < 1);
  }
}

/** What stays as it is. */
function still<T>(value: T): Glide<T> {
  return { from: value, to: value, sample: -Infinity, ramp: 0 };
}
