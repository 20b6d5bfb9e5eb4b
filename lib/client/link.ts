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

/** Sends messages and matches answers by `event_id` and `reply_to`. */
export class Link {
  #socket: WebSocket | null = null;
  readonly #pending = new Map<string, Pending>();
  /** Messages to be sent with the next connection, by `event_id`. */
  readonly #unsent = new Map<string, string>();
  #count = 0;
  #closed: ConnectionClosedError | null = null;

  /** Whether no answer can come any more. */
  get closed(): boolean {
    return this.#closed !== null;
  }

  /**
   * Sends a message, or keeps it until there is a connection again.
   *
   * @returns Its answer. Rejects with {@linkcode ServerError} if the server
   * refuses, and with {@linkcode ConnectionClosedError} if no answer can come.
   */
  ask<T extends keyof Answers>(
    request: Extract<Request, { type: T }>,
  ): Promise<AnswerTo<T>> {
    return this.#request(request);
  }

  #request<A>(request: Request): Promise<A> {
    if (this.#closed) return Promise.reject(this.#closed);
    const event_id = `c${++this.#count}`;
    const text = JSON.stringify({ ...request, event_id });
    return new Promise((resolve, reject) => {
      this.#pending.set(event_id, { resolve, reject });
      if (this.#socket) this.#socket.send(text);
      else this.#unsent.set(event_id, text);
    });
  }

  /** Asks to go on with a stream of a connection that was lost. */
  goOn(
    session: string,
    lost: { stream: string; last_seq: number },
  ): Promise<StartedMessage> {
    return this.#request({ type: "resume", session, streams: [lost] });
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

  /** Sends what was asked while there was no connection. */
  flush(): void {
    for (const text of this.#unsent.values()) this.#socket?.send(text);
    this.#unsent.clear();
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
