/**
 * What every stream of the server is doing, for whoever looks into it.
 *
 * @module
 */

/**
 * What a stream waits for: its prompts to be encoded; its next samples to be
 * made; the next packet to be due; the client to read; the client to say
 * `resume`.
 */
export type WaitsFor = "prompt" | "music" | "due" | "client" | "resume";

/** One stream, as `/debug/streams` shows it. */
export interface StreamState {
  /** The client's own id of it, or null over HTTP. */
  stream: string | null;
  /** Id of the connection, also in the log, or null over HTTP. */
  session: string | null;
  /** Name of the key that plays it, or null. */
  key: string | null;
  transport: "websocket" | "http";
  model: string;
  waits_for: WaitsFor;
  /** Number of the newest packet sent, -1 before the first. */
  last_seq: number;
  /** First sample that was not sent, 48 kHz. */
  next_sample: number;
  /** From now until that sample is heard, in ms; null unless at real time. */
  ahead_ms: number | null;
  public_id: string | null;
  /** How many others listen. */
  listeners: number;
  /** Since it was asked for, in ms. */
  age_ms: number;
}

/** Everybody whose state can be asked for. */
export class Board {
  readonly #states = new Set<() => StreamState>();

  /** Adds a stream; disposing of what is returned takes it away. */
  add(state: () => StreamState): Disposable {
    this.#states.add(state);
    return { [Symbol.dispose]: () => void this.#states.delete(state) };
  }

  /** All streams, in the order in which they began. */
  get streams(): StreamState[] {
    return [...this.#states].map((state) => state());
  }
}
