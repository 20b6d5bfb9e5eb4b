/**
 * Requests and their answers over a socket that may be replaced.
 *
 * @module
 */
import type { ClientMessageInput } from "../protocol/client_messages.ts";
import type {
  ServerMessage,
  StartedMessage,
} from "../protocol/server_messages.ts";
import { type ConnectionClosedError, ServerError } from "./errors.ts";

/** Which message answers which. */
export interface Answers {
  start: "started";
  update: "scheduled";
  pause: "paused";
  resume: "resumed";
  reset: "reset";
  cancel: "cancelled";
  ping: "pong";
  sync: "synced";
}

/** The answer to a message. */
export type AnswerTo<T extends keyof Answers> = Extract<
  ServerMessage,
  { type: Answers[T] }
>;

/** A client message without what the link adds. */
export type Request = ClientMessageInput extends infer M
  ? M extends { event_id?: unknown } ? Omit<M, "event_id"> : never
  : never;

interface Pending {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** A message that waits to be sent, and the stream that it is about. */
interface Unsent {
  text: string;
  stream: string | null;
}

/** Sends messages and matches answers by `event_id` and `reply_to`. */
export class Link {
  #socket: WebSocket | null = null;
  readonly #pending = new Map<string, Pending>();
  /** Messages to be sent once there is a connection that knows their stream, by `event_id`. */
  readonly #unsent = new Map<string, Unsent>();
  /** Streams that the connection does not know yet. */
  readonly #held = new Set<string>();
  #count = 0;
  #closed: ConnectionClosedError | null = null;

  /** Whether no answer can come any more. */
  get closed(): boolean {
    return this.#closed !== null;
  }

  /**
   * Sends a message, or keeps it until there is a connection again that knows
   * its stream.
   *
   * @returns Its answer. Rejects with {@linkcode ServerError} if the server
   * refuses, and with {@linkcode ConnectionClosedError} if no answer can come.
   */
  ask<T extends keyof Answers>(
    request: Extract<Request, { type: T }>,
  ): Promise<AnswerTo<T>> {
    const { type, stream } = request as { type: string; stream?: string };
    // It is by its start that a connection gets to know a stream.
    const about = type === "start" ? null : stream ?? null;
    return this.#request(request, about);
  }

  #request<A>(request: Request, stream: string | null): Promise<A> {
    if (this.#closed) return Promise.reject(this.#closed);
    const event_id = `c${++this.#count}`;
    const text = JSON.stringify({ ...request, event_id });
    return new Promise((resolve, reject) => {
      this.#pending.set(event_id, { resolve, reject });
      const waits = stream !== null && this.#held.has(stream);
      if (this.#socket && !waits) this.#socket.send(text);
      else this.#unsent.set(event_id, { text, stream });
    });
  }

  /** What is asked of this stream waits until it is released, and then for `flush`. */
  hold(stream: string): void {
    this.#held.add(stream);
  }

  /** The connection knows this stream, or never will. */
  release(stream: string): void {
    this.#held.delete(stream);
  }

  /** Asks to go on with a stream of a connection that was lost. */
  goOn(
    session: string,
    lost: { stream: string; last_seq: number },
  ): Promise<StartedMessage> {
    return this.#request({ type: "resume", session, streams: [lost] }, null);
  }

  /** Settles whoever waits for this message; a warning is not yet the answer. */
  answer(message: ServerMessage): void {
    if (!("reply_to" in message) || message.type === "warning") return;
    const pending = this.#pending.get(message.reply_to ?? "");
    if (!pending) return;
    this.#pending.delete(message.reply_to ?? "");
    if (message.type === "error") pending.reject(new ServerError(message));
    else pending.resolve(message as never);
  }

  /** Takes a new socket. What waits to be sent waits for `flush`. */
  attach(socket: WebSocket): void {
    this.#socket = socket;
  }

  /** Sends what was asked while there was no connection, but of streams on hold. */
  flush(): void {
    if (!this.#socket) return;
    for (const [id, { text, stream }] of [...this.#unsent]) {
      if (stream !== null && this.#held.has(stream)) continue;
      this.#unsent.delete(id);
      this.#socket.send(text);
    }
  }

  /** The socket is lost, and with it the answers to what was sent. */
  detach(error: ConnectionClosedError): void {
    this.#socket = null;
    for (const [id, { reject }] of [...this.#pending]) {
      if (this.#unsent.has(id)) continue;
      this.#pending.delete(id);
      reject(error);
    }
  }

  /** Rejects everything that waits, now and later. */
  close(error: ConnectionClosedError): void {
    this.#closed = error;
    this.#unsent.clear();
    this.detach(error);
  }
}
