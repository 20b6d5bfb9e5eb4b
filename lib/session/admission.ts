/**
 * How many streams the process takes on.
 *
 * @module
 */
import type { Transport } from "../telemetry.ts";
import { Refusal } from "./refusal.ts";

/** When a client that was turned away should try again, in ms. */
const RETRY_AFTER_MS = 1000;

/** A counted set of places; disposing of what `enter` returns frees the place. */
export class Admission {
  readonly #places: number;
  readonly #onChange: (transport: Transport, change: 1 | -1) => void;
  #taken = 0;
  #closed = false;
  #empty: PromiseWithResolvers<void> | null = null;

  /**
   * @param places Most streams at once.
   * @param onChange Told when somebody enters or leaves.
   */
  constructor(
    places: number,
    onChange: (transport: Transport, change: 1 | -1) => void = () => {},
  ) {
    this.#places = places;
    this.#onChange = onChange;
  }

  /** Streams inside. */
  get taken(): number {
    return this.#taken;
  }

  /** True once the server is stopping. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Takes a place.
   *
   * @throws {Refusal} `busy` if there is none, or the server is stopping.
   */
  enter(transport: Transport): Disposable {
    this.requireOpen();
    if (this.#taken >= this.#places) {
      throw busy(`All ${this.#places} streams of the server are taken`);
    }
    this.#taken++;
    this.#onChange(transport, 1);
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#taken--;
        this.#onChange(transport, -1);
        if (this.#taken === 0) this.#empty?.resolve();
      },
    };
  }

  /**
   * Does nothing while the server is not stopping.
   *
   * @throws {Refusal} `busy` if it is.
   */
  requireOpen(): void {
    if (this.#closed) throw busy("The server is stopping");
  }

  /** Lets nobody in any more; resolves when everybody has left. */
  close(): Promise<void> {
    this.#closed = true;
    this.#empty ??= Promise.withResolvers();
    if (this.#taken === 0) this.#empty.resolve();
    return this.#empty.promise;
  }
}

function busy(message: string): Refusal {
  return new Refusal("busy", message, { retryAfterMs: RETRY_AFTER_MS });
}
