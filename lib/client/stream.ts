/**
 * One piece of music, as a client holds it.
 *
 * @module
 */
import type { StartInput, UpdateInput } from "../protocol/client_messages.ts";
import type { AudioFrame } from "../protocol/header.ts";
import type {
  CancelledMessage,
  DoneMessage,
  PausedMessage,
  ResetDoneMessage,
  ResumedMessage,
  ScheduledMessage,
  ServerMessage,
  StartedMessage,
} from "../protocol/server_messages.ts";
import { Emitter } from "./emitter.ts";
import { type ConnectionClosedError, ServerError } from "./errors.ts";
import type { Link } from "./link.ts";
import { PacketQueue } from "./packet_queue.ts";

/** What `play` takes: `start` without what the client adds. */
export type PlayOptions =
  & Omit<StartInput, "type" | "event_id" | "stream">
  & {
    /** The stream's id; chosen if absent. */
    stream?: string;
  };

/** What `update` takes: the controls to change, `ramp` and `at`. */
export type UpdateOptions = Omit<UpdateInput, "type" | "event_id" | "stream">;

/** A server message about a stream. */
export type StreamEvent = Extract<ServerMessage, { stream?: unknown }>;

/**
 * A playing stream. Iterate it for its packets, in order; leaving the loop
 * cancels it. Packets that nobody reads are kept in memory.
 */
export class Stream implements AsyncIterable<AudioFrame> {
  readonly id: string;
  /** The server's answer to `start`. */
  readonly started: Promise<StartedMessage>;
  /** How the stream ended. Rejects if an error or a lost connection ended it. */
  readonly finished: Promise<DoneMessage | CancelledMessage>;

  readonly #link: Link;
  readonly #events = new Emitter<StreamEvent>();
  readonly #packets = new PacketQueue<AudioFrame>();
  readonly #finish = Promise.withResolvers<DoneMessage | CancelledMessage>();
  #cancel: Promise<CancelledMessage> | null = null;
  #ended = false;

  /** Use `client.play` instead. */
  constructor(link: Link, id: string, options: PlayOptions) {
    this.id = id;
    this.#link = link;
    this.finished = this.#finish.promise;
    this.started = link.ask({ ...options, type: "start", stream: id });
    // Whoever does not look at these promises learns it by iterating.
    this.finished.catch(() => {});
    this.started.catch((error) => this.fail(error));
  }

  /** Whether `done`, `cancelled` or an error has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Changes controls; the answer says which sample it can first be heard in. */
  update(options: UpdateOptions): Promise<ScheduledMessage> {
    return this.#link.ask({ ...options, type: "update", stream: this.id });
  }

  /** Holds the stream without losing a sample. */
  pause(): Promise<PausedMessage> {
    return this.#link.ask({ type: "pause", stream: this.id });
  }

  /** Goes on where `pause` held. */
  resume(): Promise<ResumedMessage> {
    return this.#link.ask({ type: "resume", stream: this.id });
  }

  /** Forgets the musical context, keeps prompts and controls. */
  reset(): Promise<ResetDoneMessage> {
    return this.#link.ask({ type: "reset", stream: this.id });
  }

  /** Ends the stream at once; packets that have come can still be read. */
  cancel(): Promise<CancelledMessage> {
    return this.#cancel ??= this.#link.ask({ type: "cancel", stream: this.id });
  }

  /** Calls `listener` on every such message; returns how to stop that. */
  on<T extends StreamEvent["type"]>(
    type: T,
    listener: (event: Extract<StreamEvent, { type: T }>) => void,
  ): () => void {
    return this.#events.on(type, listener);
  }

  /** Reads the packets; there is one reader at a time. */
  [Symbol.asyncIterator](): AsyncIterator<AudioFrame, undefined> {
    return {
      next: () => this.#packets.next(),
      return: () => this.#leave(),
    };
  }

  async #leave(): Promise<IteratorResult<AudioFrame, undefined>> {
    this.#packets.clear();
    this.#packets.end();
    // A stream that is ending by itself answers with an error: nothing is lost.
    if (!this.#ended) await this.cancel().catch(() => {});
    return { done: true, value: undefined };
  }

  /** @ignore Takes a packet from the connection. */
  deliver(frame: AudioFrame): void {
    this.#packets.push(frame);
  }

  /** @ignore Takes a message from the connection. */
  notify(message: StreamEvent): void {
    if (message.type === "done" || message.type === "cancelled") {
      this.#ended = true;
      this.#finish.resolve(message);
      this.#packets.end();
    } else if (message.type === "error" && endsStream(message.code)) {
      this.fail(new ServerError(message));
    }
    this.#events.emit(message);
  }

  /** @ignore The stream has ended by an error. */
  fail(error: ServerError | ConnectionClosedError): void {
    this.#ended = true;
    this.#finish.reject(error);
    this.#packets.fail(error);
  }
}

/** Other errors concern a message; the stream plays on. */
function endsStream(code: string): boolean {
  return code === "internal" || code === "slow_client";
}
