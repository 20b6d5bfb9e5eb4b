/**
 * Users' own clips that streams may go on from, for a while.
 *
 * @module
 */
import type { ContextAudio } from "../stream/music_stream.ts";
import { Refusal } from "./refusal.ts";

/** How many clips are kept, and how long. */
export interface ContextLimits {
  /** In all: about 2 MB each. */
  most: number;
  /** Of one owner. */
  mostOwn: number;
  /** Since the clip came or was last used, in ms. */
  keptMs: number;
}

/** The limits unless said. */
export const CONTEXT_LIMITS: ContextLimits = {
  most: 64,
  mostOwn: 16,
  keptMs: 10 * 60_000,
};

interface Kept {
  context: ContextAudio;
  owner: string;
  expiresMs: number;
}

/** Clips by id. Of an owner's, the one that was not used for longest gives way; nobody else's does. */
export class Contexts {
  readonly #limits: ContextLimits;
  readonly #nowMs: () => number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();

  /** @param nowMs Clock, in ms since 1970. */
  constructor(limits: ContextLimits = CONTEXT_LIMITS, nowMs = Date.now) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Clips that are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Does nothing while there is room for another clip of somebody's.
   *
   * @throws {Refusal} `busy` until one of the others' is forgotten.
   */
  requireRoom(owner: string): void {
    this.#forget();
    const { most, mostOwn } = this.#limits;
    if (this.size < most || this.#own(owner).length >= mostOwn) return;
    const first = this.#kept.values().next().value!;
    throw new Refusal("busy", `All ${most} clips of the server are in use`, {
      retryAfterMs: first.expiresMs - this.#nowMs(),
    });
  }

  /**
   * Keeps a clip. Its id cannot be guessed; `expiresMs` is in ms since 1970.
   *
   * @param owner Whose it is: a key's or an address's.
   * @throws {Refusal} As `requireRoom` does.
   */
  add(
    context: ContextAudio,
    owner = "",
  ): { id: string; expiresMs: number } {
    this.requireRoom(owner);
    const own = this.#own(owner);
    if (own.length >= this.#limits.mostOwn) this.#kept.delete(own[0]!);
    const id = crypto.getRandomValues(new Uint8Array(16)).toHex();
    return { id, expiresMs: this.#keep(id, { context, owner }) };
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
      const { keptMs, mostOwn } = this.#limits;
      throw new Refusal(
        "unknown_context",
        `context is ${
          JSON.stringify(id)
        }, accepted: an id from PUT /v1/context that was used in the last ${
          keptMs / 60_000
        } minutes, of the newest ${mostOwn} of a key or an address`,
        { param: "context" },
      );
    }
    this.#keep(id, found);
    return found.context;
  }

  #own(owner: string): string[] {
    return [...this.#kept].filter(([, kept]) => kept.owner === owner)
      .map(([id]) => id);
  }

  #keep(id: string, { context, owner }: Omit<Kept, "expiresMs">): number {
    const expiresMs = this.#nowMs() + this.#limits.keptMs;
    this.#kept.delete(id);
    this.#kept.set(id, { context, owner, expiresMs });
    return expiresMs;
  }

  #forget(): void {
    for (const [id, { expiresMs }] of this.#kept) {
      if (expiresMs <= this.#nowMs()) this.#kept.delete(id);
    }
  }
}
