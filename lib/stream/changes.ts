/**
 * What was changed while a stream played, for its receipt.
 *
 * @module
 */
import type { Edit } from "./edits.ts";
import type { Change } from "./music_stream.ts";
import { mergePatches } from "./score.ts";

/** Changes that are kept; a client that makes more gets no account of them. */
const MOST_CHANGES = 256;

/** A list of changes that does not grow without end. */
export class Changes {
  #all: Change[] | null;

  /** @param all Those that were made before, or null if they were too many. */
  constructor(all: readonly Change[] | null = []) {
    this.#all = all && [...all];
  }

  /** All in the order in which they were made, or null if they were too many. */
  get all(): readonly Change[] | null {
    return this.#all;
  }

  /** @param merged True if the edit became part of one that still waits. */
  add({ at, ramp, patch }: Edit, merged: boolean): void {
    if (this.#all === null) return;
    const change: Change = { atSample: at, rampSamples: ramp, patch };
    const same = merged
      ? this.#all.findLastIndex((each) =>
        each.atSample === at && each.patch !== null
      )
      : -1;
    const before = this.#all[same]?.patch;
    if (before && patch) {
      this.#all[same] = { ...change, patch: mergePatches(before, patch) };
    } else this.#all.push(change);
    if (this.#all.length > MOST_CHANGES) this.#all = null;
  }
}
