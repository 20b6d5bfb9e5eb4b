/**
 * Requests and their answers over one socket.
 *
 * @module
 */
import type { ClientMessageInput } from "../protocol/client_messages.ts";
import type { ServerMessage } from "../protocol/server_messages.ts";
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
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #closed: ConnectionClosedError | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /**
   * Sends a message.
   *
   * @returns Its answer. Rejects with {@linkcode ServerError} if the server
   * refuses, and with {@linkcode ConnectionClosedError} if no answer can come.
   */
  ask<T extends keyof Answers>(
    request: Extract<Request, { type: T }>,
  ): Promise<AnswerTo<T>> {
    if (this.#closed) return Promise.reject(this.#closed);
    const event_id = `c${++this.#count}`;
    return new Promise((resolve, reject) => {
      this.#pending.set(event_id, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...request, event_id }));
    });
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

  /** Rejects everything that waits, now and later. */
  close(error: ConnectionClosedError): void {
    this.#closed = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
