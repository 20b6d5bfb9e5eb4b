/**
 * What was changed while a stream played, for its receipt.
 *
 * @module
 */
import { type Edit, layOver } from "./edits.ts";
import type { Change } from "./music_stream.ts";

type Listed = Pick<Edit, "at" | "ramp" | "patch">;

/** Changes that are kept; a client that makes more gets no account of them. */
const MOST_CHANGES = 256;

/** A list of changes that does not grow without end. */
export class Changes {
  #all: Listed[] | null;

  /** @param all Those that were made before, or null if they were too many. */
  constructor(all: readonly Change[] | null = []) {
    this.#all = all?.map(({ atSample: at, rampSamples: ramp, patch }) => ({
      ...{ at, ramp, patch },
    })) ?? null;
  }

  /** All in the order in which they were made, or null if they were too many. */
  get all(): readonly Change[] | null {
    return this.#all?.map(({ at, ramp, patch }) => ({
      ...{ atSample: at, rampSamples: ramp, patch },
    })) ?? null;
  }

  /** @param shared True if others wait for the same sample, which it is laid over. */
  add({ at, ramp, patch }: Listed, shared: boolean): void {
    if (this.#all === null) return;
    const change = { at, ramp, patch };
    if (shared) {
      const same = (each: Listed) => each.at === at;
      const others = this.#all.filter((each) => !same(each));
      this.#all = [...others, ...layOver(this.#all.filter(same), change)];
    } else this.#all.push(change);
    if (this.#all.length > MOST_CHANGES) this.#all = null;
  }
}
