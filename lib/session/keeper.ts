/**
 * Keeps the state of one stream up to date.
 *
 * @module
 */
import type { Log } from "../log.ts";
import { movedTo } from "./state.ts";
import { REFRESH_MS, type State, type StateStore } from "./state_store.ts";

/** Options of {@linkcode Keeper}. */
export interface KeeperOptions {
  store: StateStore;
  key: string;
  /** The revision that stands there; null = whatever does. */
  revision: number | null;
  /** The state as it is now; null if there is nothing worth keeping. */
  take: () => State | null;
  /** Called once if somebody else has gone on with the stream. */
  onTaken: () => void;
  log: Log;
}

/** Writes one state after the other, never two at once. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #revision: number | null;
  #writing: Promise<void> | null = null;
  /** What is to be written next, once that under way is. */
  #next: Promise<void> | null = null;
  #over = false;
  #failed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.#timer = setInterval(() => this.save(), REFRESH_MS);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Resolves once the state as it is now, or a later one, is kept or cannot be. */
  save(): Promise<void> {
    if (this.#over) return Promise.resolve();
    if (this.#writing === null) return this.#begin();
    return this.#next ??= this.#writing.then(() => {
      this.#next = null;
      return this.#over ? undefined : this.#begin();
    });
  }

  /** Writes no more; what is kept stays for its time. */
  end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }

  /** Writes no more and forgets what is kept. */
  async drop(): Promise<void> {
    this.end();
    await this.#writing;
    await this.#options.store.drop(this.#options.key).catch(() => {});
  }

  #begin(): Promise<void> {
    const writing = this.#write().finally(() => this.#writing = null);
    return this.#writing = writing;
  }

  async #write(): Promise<void> {
    const { store, key, take, onTaken, log } = this.#options;
    try {
      const state = take();
      if (state === null) return;
      let revision = await store.put(key, state, this.#revision);
      if (revision === null) {
        const [newest] = await store.states(key);
        if (newest && movedTo(newest) !== null) {
          this.end();
          return onTaken();
        }
        // It was ours, and nobody told us; or the store has lost it.
        revision = await store.put(key, state, null);
      }
      this.#revision = revision;
      this.#failed = false;
    } catch (error) {
      // Who has lost this much has lost more: it is said once.
      if (!this.#failed) {
        log.warn("state not kept", { error: (error as Error).message });
      }
      this.#failed = true;
    }
  }
}
