/**
 * Users' own clips that streams may go on from, for a while.
 *
 * @module
 */
import type { ContextAudio } from "../stream/music_stream.ts";
import { Refusal } from "./refusal.ts";

/** How many clips are kept, and how long. */
export interface ContextLimits {
  most: number;
  /** Since the clip came or was last used, in ms. */
  keptMs: number;
}

/** The limits unless said. */
export const CONTEXT_LIMITS: ContextLimits = {
  most: 32,
  keptMs: 10 * 60_000,
};

/** Clips by id; the one that nobody has used for longest gives way. */
export class Contexts {
  readonly #limits: ContextLimits;
  readonly #nowMs: () => number;
  /** In the order of their last use. */
  readonly #kept = new Map<
    string,
    { context: ContextAudio; expiresMs: number }
  >();

  /** @param nowMs Clock, in ms since 1970. */
  constructor(limits: ContextLimits = CONTEXT_LIMITS, nowMs = Date.now) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Clips that are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** Keeps a clip. Its id cannot be guessed; `expiresMs` is in ms since 1970. */
  add(context: ContextAudio): { id: string; expiresMs: number } {
    this.#forget();
    const id = crypto.getRandomValues(new Uint8Array(16)).toHex();
    const expiresMs = this.#keep(id, context);
    while (this.#kept.size > this.#limits.most) {
      this.#kept.delete(this.#kept.keys().next().value!);
    }
    return { id, expiresMs };
  }

  /**
   * A clip; it is kept on.
   *
   * @throws {Refusal} `unknown_context`.
   */
  get(id: string): ContextAudio {
    this.#forget();
    const found = this.#kept.get(id);
    if (found === undefined) {
      const minutes = this.#limits.keptMs / 60_000;
      throw new Refusal(
        "unknown_context",
        `context is ${
          JSON.stringify(id)
        }, accepted: an id from PUT /v1/context that was used in the last ${minutes} minutes`,
        { param: "context" },
      );
    }
    this.#keep(id, found.context);
    return found.context;
  }

  #keep(id: string, context: ContextAudio): number {
    const expiresMs = this.#nowMs() + this.#limits.keptMs;
    this.#kept.delete(id);
    this.#kept.set(id, { context, expiresMs });
    return expiresMs;
  }

  #forget(): void {
    for (const [id, { expiresMs }] of this.#kept) {
      if (expiresMs <= this.#nowMs()) this.#kept.delete(id);
    }
  }
}
