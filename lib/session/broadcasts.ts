/**
 * All streams that can be listened to, by public id.
 *
 * @module
 */
import { Broadcast, type BroadcastInfo } from "./broadcast.ts";
import { Refusal } from "./refusal.ts";

/** When somebody who found no place should try again, in ms. */
const RETRY_AFTER_MS = 5000;

/** Bytes of randomness in a public id: nobody finds one by trying. */
const ID_BYTES = 16;

/** How somebody listens. */
export type ListenerTransport = "websocket" | "http";

/** Options of {@linkcode Broadcasts}. */
export interface BroadcastsOptions {
  /** Most listeners at once, over all streams. */
  places: number;
  /** Told when somebody begins or ends to listen. */
  onChange?: (transport: ListenerTransport, change: 1 | -1) => void;
}

/** The streams of a server, and how many listen to them. */
export class Broadcasts {
  readonly #options: BroadcastsOptions;
  readonly #live = new Map<string, Broadcast>();
  #taken = 0;

  constructor(options: BroadcastsOptions) {
    this.#options = options;
  }

  /** Opens a stream for listeners, until it ends; under a new public id unless it has one. */
  open(info: Omit<BroadcastInfo, "id"> & { id?: string | null }): Broadcast {
    const id = info.id ?? newId();
    const broadcast: Broadcast = new Broadcast({ ...info, id }, () => {
      // Whoever has gone on with the stream may be here under the same id.
      if (this.#live.get(id) === broadcast) this.#live.delete(id);
    });
    this.#live.set(id, broadcast);
    return broadcast;
  }

  /**
   * The stream of a public id.
   *
   * @throws {Refusal} `unknown_stream`.
   */
  find(id: string): Broadcast {
    const broadcast = this.#live.get(id);
    if (broadcast !== undefined) return broadcast;
    const text = `There is no stream under the public id "${id}", or it ended`;
    throw new Refusal("unknown_stream", text, { param: "id" });
  }

  /**
   * Takes a listener's place; disposing of it frees the place.
   *
   * @throws {Refusal} `busy` if there is none.
   */
  enter(transport: ListenerTransport): Disposable {
    const { places, onChange } = this.#options;
    if (this.#taken >= places) {
      const text = `All ${places} places of listeners are taken`;
      throw new Refusal("busy", text, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#taken++;
    onChange?.(transport, 1);
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#taken--;
        onChange?.(transport, -1);
      },
    };
  }
}

function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return random.toBase64({ alphabet: "base64url", omitPadding: true });
}
