/**
 * States of streams in NATS JetStream, so that any gateway can go on with a
 * stream of one that has died.
 *
 * @module
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../log.ts";
import {
  KEPT_MS,
  MOST_STATES,
  type State,
  type StateStore,
  type Stored,
} from "../session/state_store.ts";
import { orAbort } from "../session/wait.ts";
import { MOST_BYTES, pack, unpack } from "./wire.ts";

const BUCKET = "prestissimo_streams";

/** Most bytes of all states together; JetStream sets so many aside. */
const BUCKET_BYTES = 256 << 20;

/**
 * Opens the bucket, and makes it if there is none.
 *
 * @returns Null, and says so, if NATS has no JetStream.
 */
export async function openJetStreamStore(
  nats: NatsConnection,
  log: Log,
): Promise<StateStore | null> {
  const store = new JetStreamStore(nats);
  try {
    await store.open();
    return store;
  } catch (error) {
    log.warn("no jetstream", {
      error: (error as Error).message,
      then: "streams of a gateway that dies are lost",
    });
    return null;
  }
}

/**
 * What takes longer has failed, in ms. A history that misses its end, as when
 * somebody writes while it is read, waits for a heartbeat: up to 30 s.
 */
const MOST_MS = 2000;

class JetStreamStore implements StateStore {
  readonly shared = true;
  readonly #nats: NatsConnection;
  #bucket: Promise<KV> | null = null;

  constructor(nats: NatsConnection) {
    this.#nats = nats;
  }

  open(): Promise<KV> {
    return this.#bucket ??= new Kvm(this.#nats).create(BUCKET, {
      description: "Streams of prestissimo, to be gone on with elsewhere",
      history: MOST_STATES,
      ttl: KEPT_MS,
      max_bytes: BUCKET_BYTES,
      maxValueSize: MOST_BYTES,
    });
  }

  put(
    key: string,
    { text, arrays }: State,
    after: number | null,
  ): Promise<number | null> {
    return this.#with(async (bucket) => {
      const bytes = pack({ text }, arrays);
      const options = after === null ? {} : { previousSeq: after };
      try {
        return await bucket.put(key, bytes, options);
      } catch (error) {
        if (isOvertaken(error)) return null;
        throw error;
      }
    });
  }

  states(key: string): Promise<Stored[]> {
    return this.#with(async (bucket) => {
      const states: Stored[] = [];
      for await (const entry of await bucket.history({ key })) {
        const { operation, value, revision } = entry;
        if (operation !== "PUT") continue;
        const { head: { text }, arrays } = unpack<{ text: string }>(value);
        states.unshift({ text, arrays, revision });
      }
      return states;
    });
  }

  drop(key: string): Promise<void> {
    return this.#with((bucket) => bucket.purge(key));
  }

  /** A NATS that came back may have lost the bucket: after a fault it is made anew. */
  async #with<T>(work: (bucket: KV) => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(MOST_MS);
    const done = this.open().then(work);
    done.catch(() => {}); // told by what waits for it, if anything still does
    try {
      return await orAbort(done, late);
    } catch (error) {
      this.#bucket = null;
      throw error;
    }
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof JetStreamApiError &&
    error.code === JetStreamApiCodes.StreamWrongLastSequence;
}
