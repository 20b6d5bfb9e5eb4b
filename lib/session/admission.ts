/**
 * Which streams the process takes on: as many as there are places, and no more
 * than can be made in time by what their work was seen to cost.
 *
 * @module
 */
import type { Demand } from "../inference/demand.ts";
import type { Transport } from "../telemetry.ts";
import { Refusal } from "./refusal.ts";

/** When a client that was turned away should try again, in ms. */
const RETRY_AFTER_MS = 1000;

/**
 * Share of what the device can do that streams may ask for, unless said; the
 * rest is for first packets, updates and surprises.
 */
const MOST_LOAD = 0.9;

/** Options of {@linkcode Admission}. */
export interface AdmissionOptions {
  /** Share of what the device can do that streams may ask for. */
  mostLoad?: number | undefined;
  /** Why nothing can be made at the moment; null if it can. */
  obstacle?: () => string | null;
  /** Told when somebody enters or leaves. */
  onChange?: (transport: Transport, change: 1 | -1) => void;
}

/** What asks nothing of the device. */
const NOTHING: Demand = { networks: 0, synthesis: 0 };

/** A counted set of places; disposing of what `enter` returns frees the place. */
export class Admission {
  readonly #places: number;
  readonly #mostLoad: number;
  readonly #obstacle: () => string | null;
  readonly #onChange: (transport: Transport, change: 1 | -1) => void;
  readonly #demands = new Set<Demand>();
  #closed = false;
  #empty: PromiseWithResolvers<void> | null = null;

  /** @param places Most streams at once. */
  constructor(places: number, options: AdmissionOptions = {}) {
    this.#places = places;
    this.#mostLoad = options.mostLoad ?? MOST_LOAD;
    this.#obstacle = options.obstacle ?? (() => null);
    this.#onChange = options.onChange ?? (() => {});
  }

  /** Streams inside. */
  get taken(): number {
    return this.#demands.size;
  }

  /** What all of them ask for, as shares of what the device can do. */
  get load(): Demand {
    let [networks, synthesis] = [0, 0];
    for (const demand of this.#demands) {
      networks += demand.networks;
      synthesis += demand.synthesis;
    }
    return { networks, synthesis };
  }

  /** True once the server is stopping. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Takes a place. Whoever is alone is let in whatever it costs: nobody suffers
   * from it.
   *
   * @param demand What the stream will ask of the device.
   * @param resumes It was let in before, perhaps elsewhere: its load is not new,
   * and its listener is waiting.
   * @throws {Refusal} `busy` if there is no place, the device could not make the
   * stream in time beside the others, nothing can be made, or the server is stopping.
   */
  enter(
    transport: Transport,
    demand: Demand = NOTHING,
    { resumes = false } = {},
  ): Disposable {
    this.requireReady();
    if (demand.networks === Infinity) {
      throw busy("No worker has that model at the moment");
    }
    if (this.taken >= this.#places) {
      throw busy(`All ${this.#places} streams of the server are taken`);
    }
    if (this.taken > 0 && !resumes) this.#requireCapacity(demand);
    // A stream of its own, however alike it is to another's.
    const own = { ...demand };
    this.#demands.add(own);
    this.#onChange(transport, 1);
    return {
      [Symbol.dispose]: () => {
        if (!this.#demands.delete(own)) return;
        this.#onChange(transport, -1);
        if (this.taken === 0) this.#empty?.resolve();
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

  /**
   * Does nothing while music can be made.
   *
   * @throws {Refusal} `busy` if not, or if the server is stopping.
   */
  requireReady(): void {
    this.requireOpen();
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw busy(obstacle);
  }

  /** Lets nobody in any more; resolves when everybody has left. */
  close(): Promise<void> {
    this.#closed = true;
    this.#empty ??= Promise.withResolvers();
    if (this.taken === 0) this.#empty.resolve();
    return this.#empty.promise;
  }

  #requireCapacity(demand: Demand): void {
    const { load } = this;
    for (const what of ["networks", "synthesis"] as const) {
      const left = Math.max(0, this.#mostLoad - load[what]);
      if (demand[what] <= left) continue;
      throw busy(
        `The stream would take ${percent(demand[what])} of what the server ` +
          `can make in time, and ${percent(left)} is left`,
      );
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function busy(message: string): Refusal {
  return new Refusal("busy", message, { retryAfterMs: RETRY_AFTER_MS });
}
