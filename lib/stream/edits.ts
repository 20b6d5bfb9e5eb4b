/**
 * Changes that wait for their moment.
 *
 * @module
 */
import type { Controls } from "../protocol/mod.ts";
import { mergePatches } from "./score.ts";

/** A change of a stream, not applied yet. */
export interface Edit {
  /** First sample in which it can be heard. */
  at: number;
  /** Latent frame that holds this sample: music is made anew from here. */
  latent: number;
  /** Controls to lay over those in force; null for a reset of the context. */
  patch: Partial<Controls> | null;
  /** Length of the change, in samples. */
  ramp: number;
}

/** Edits in order of time. */
export class EditQueue {
  #edits: Edit[] = [];

  /** The next edit, if any. */
  get next(): Edit | undefined {
    return this.#edits[0];
  }

  /** Patches that wait. */
  get patches(): Partial<Controls>[] {
    return this.#edits.flatMap((edit) => edit.patch ?? []);
  }

  /** All that wait, in order of time. */
  get all(): readonly Edit[] {
    return this.#edits;
  }

  /**
   * Adds an edit. Patches for the same sample become one, so a client cannot pile them up.
   *
   * @returns False if it became part of one that was there.
   */
  add(edit: Edit): boolean {
    const same = this.#edits.findLast((other) =>
      other.at === edit.at && other.patch !== null && edit.patch !== null
    );
    if (same?.patch && edit.patch) {
      same.patch = mergePatches(same.patch, edit.patch);
      same.ramp = edit.ramp;
      return false;
    }
    const at = this.#edits.findIndex((other) => other.at > edit.at);
    this.#edits.splice(at < 0 ? this.#edits.length : at, 0, edit);
    return true;
  }

  remove(edit: Edit): void {
    this.#edits = this.#edits.filter((other) => other !== edit);
  }
}
