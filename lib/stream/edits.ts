/**
 * Changes that wait for their moment.
 *
 * @module
 */
import type { Controls } from "../protocol/mod.ts";

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

/** What an edit is, wherever it is listed. */
type Laid = Pick<Edit, "at" | "patch" | "ramp">;

/**
 * Lays an edit over others: for the same sample the newest value of a control
 * counts, with the ramp that it came with. So a client cannot pile them up.
 *
 * @returns Edits in order of time.
 */
export function layOver<T extends Laid>(edits: readonly T[], edit: T): T[] {
  const { at, ramp } = edit;
  let { patch } = edit;
  const out: T[] = [];
  for (const other of edits) {
    if (other.at !== at || other.patch === null || patch === null) {
      out.push(other);
      continue;
    }
    // Parts are laid over parts one by one.
    if (patch.parts) {
      patch = { ...patch, parts: { ...other.patch.parts, ...patch.parts } };
    }
    const rest = Object.entries(other.patch)
      .filter(([name]) => !Object.hasOwn(patch!, name));
    if (rest.length === 0) continue;
    const left = Object.fromEntries(rest);
    if (other.ramp === ramp) patch = { ...left, ...patch };
    else out.push({ ...other, patch: left });
  }
  const next = out.findIndex((other) => other.at > at);
  out.splice(next < 0 ? out.length : next, 0, { ...edit, patch });
  return out;
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
   * Adds an edit.
   *
   * @returns True if others wait for the same sample.
   */
  add(edit: Edit): boolean {
    const shared = this.#edits.some(({ at }) => at === edit.at);
    this.#edits = layOver(this.#edits, edit);
    return shared;
  }

  /** Puts edits back that were added before all that wait. */
  putBack(edits: readonly Edit[]): void {
    this.#edits = [...edits, ...this.#edits].reduce<Edit[]>(layOver, []);
  }

  /** Takes those that wait for a sample out of the queue. */
  take(at: number): Edit[] {
    const due = this.#edits.filter((edit) => edit.at === at);
    this.#edits = this.#edits.filter((edit) => edit.at !== at);
    return due;
  }
}
