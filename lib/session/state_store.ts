/**
 * Where states of streams are kept for a while, so that streams outlive their
 * connection; in the memory of this process unless there is something better.
 *
 * @module
 */

/** How long streams can be gone on with after their connection was lost, in s. */
export const RESUME_SECONDS = 30;

/** A state is written again after this time at the latest, in ms. */
export const REFRESH_MS = 10_000;

/** How long a state is kept once it was written, in ms. */
export const KEPT_MS = RESUME_SECONDS * 1000 + REFRESH_MS;

/**
 * How many states of a stream are kept: the newest may be of a moment that the
 * client never came to hear.
 */
export const MOST_STATES = 64;

/** A state as it is kept: see `state.ts`. */
export interface State {
  text: string;
  arrays: readonly Float32Array[];
}

/** A state that was kept. */
export interface Stored extends State {
  /** Counts what was written under its key. */
  revision: number;
}

/** A place for states. */
export interface StateStore {
  /** Whether other processes see the same states. */
  readonly shared: boolean;
  /**
   * Keeps a state for `KEPT_MS`.
   *
   * @param after The revision that has to be the newest; null = any.
   * @returns Its revision; null if another one is the newest.
   */
  put(
    key: string,
    state: State,
    after: number | null,
  ): Promise<number | null>;
  /** The states of a key that are still kept, newest first. */
  states(key: string): Promise<Stored[]>;
  /** Forgets a key. */
  drop(key: string): Promise<void>;
}

/** Most bytes of all states together; the oldest give way. */
const MOST_BYTES = 128 << 20;

interface Entry extends Stored {
  key: string;
  bytes: number;
  expiresMs: number;
}

/** States in the memory of this process. */
export class MemoryStore implements StateStore {
  readonly shared: boolean = false;
  /** In the order in which they were written. */
  readonly #entries = new Set<Entry>();
  readonly #byKey = new Map<string, Entry[]>();
  readonly #mostBytes: number;
  readonly #nowMs: () => number;
  #bytes = 0;
  #revision = 0;

  /** @param nowMs Clock, in ms. */
  constructor(mostBytes = MOST_BYTES, nowMs = () => performance.now()) {
    this.#mostBytes = mostBytes;
    this.#nowMs = nowMs;
  }

  /** Bytes of all states. */
  get bytes(): number {
    return this.#bytes;
  }

  put(
    key: string,
    state: State,
    after: number | null,
  ): Promise<number | null> {
    this.#forget();
    const entries = this.#byKey.get(key) ?? [];
    const newest = entries.at(-1)?.revision;
    if (after !== null && newest !== after) return Promise.resolve(null);
    const revision = ++this.#revision;
    const floats = state.arrays.reduce((sum, { length }) => sum + length, 0);
    const bytes = 2 * state.text.length + 4 * floats;
    const expiresMs = this.#nowMs() + KEPT_MS;
    const entry = { ...state, key, revision, bytes, expiresMs };
    this.#entries.add(entry);
    this.#byKey.set(key, [...entries, entry]);
    this.#bytes += bytes;
    if (entries.length >= MOST_STATES) this.#remove(entries[0]!);
    this.#forget();
    return Promise.resolve(revision);
  }

  states(key: string): Promise<Stored[]> {
    this.#forget();
    return Promise.resolve((this.#byKey.get(key) ?? []).toReversed());
  }

  drop(key: string): Promise<void> {
    for (const entry of [...this.#byKey.get(key) ?? []]) this.#remove(entry);
    return Promise.resolve();
  }

  #forget(): void {
    const nowMs = this.#nowMs();
    for (const entry of this.#entries) {
      const room = this.#bytes <= this.#mostBytes;
      if (entry.expiresMs > nowMs && room) break;
      this.#remove(entry);
    }
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    this.#bytes -= entry.bytes;
    const rest = this.#byKey.get(entry.key)!.filter((each) => each !== entry);
    if (rest.length > 0) this.#byKey.set(entry.key, rest);
    else this.#byKey.delete(entry.key);
  }
}
