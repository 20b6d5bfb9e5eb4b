/**
 * One connection to a server, with all its streams.
 *
 * @module
 */
import { decodeAudioFrame } from "../protocol/header.ts";
import type {
  HelloMessage,
  PongMessage,
  ServerMessage,
} from "../protocol/server_messages.ts";
import { Emitter } from "./emitter.ts";
import { ConnectionClosedError } from "./errors.ts";
import { Link } from "./link.ts";
import { type PlayOptions, Stream, type StreamEvent } from "./stream.ts";

/** The connection is closed. */
export interface ClosedEvent {
  type: "closed";
  /** WebSocket close code. */
  code: number;
  reason: string;
}

/** Everything that a client tells of. */
export type ClientEvent = ServerMessage | ClosedEvent;

/** A connection. Made by `connect`. */
export class Client implements AsyncDisposable {
  /** What the server said of itself, its models and its limits. */
  readonly hello: HelloMessage;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<ClosedEvent>;

  readonly #socket: WebSocket;
  readonly #link: Link;
  readonly #events = new Emitter<ClientEvent>();
  readonly #streams = new Map<string, Stream>();
  readonly #handles = new Map<number, Stream>();
  #count = 0;

  /** Use `connect` instead. */
  constructor(socket: WebSocket, hello: HelloMessage) {
    this.hello = hello;
    this.#socket = socket;
    this.#link = new Link(socket);
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        const event: ClosedEvent = { type: "closed", code, reason };
        this.#close(new ConnectionClosedError(code, reason));
        this.#events.emit(event);
        resolve(event);
      };
    });
    socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.#message(data) : this.#frame(data);
  }

  /** Starts a stream; `stream.started` tells once the server has taken it. */
  play(options: PlayOptions): Stream {
    const id = options.stream ?? this.#freeId();
    const stream = new Stream(this.#link, id, options);
    // A second stream of this id is refused and must not take the first one's
    // messages.
    if (!this.#streams.has(id)) this.#streams.set(id, stream);
    stream.finished.catch(() => {}).finally(() => this.#forget(stream));
    return stream;
  }

  /** Asks the server for a sign of life; `t` comes back. */
  ping(t: number = performance.now()): Promise<PongMessage> {
    return this.#link.ask({ type: "ping", t });
  }

  /** Calls `listener` on every such message; returns how to stop that. */
  on<T extends ClientEvent["type"]>(
    type: T,
    listener: (event: Extract<ClientEvent, { type: T }>) => void,
  ): () => void {
    return this.#events.on(type, listener);
  }

  /** Closes the connection and with it all streams. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #freeId(): string {
    let id;
    do id = `s${++this.#count}`; while (this.#streams.has(id));
    return id;
  }

  #message(data: string): void {
    const message = JSON.parse(data) as ServerMessage;
    const stream = this.#streams.get((message as StreamEvent).stream ?? "");
    // The handle has to be known before the first frame, which follows at once.
    if (message.type === "started" && stream) {
      this.#handles.set(message.handle, stream);
    }
    this.#link.answer(message);
    if (stream) stream.notify(message as StreamEvent);
    this.#events.emit(message);
  }

  #frame(data: ArrayBuffer): void {
    const frame = decodeAudioFrame(data);
    if (frame) this.#handles.get(frame.handle)?.deliver(frame);
  }

  #forget(stream: Stream): void {
    if (this.#streams.get(stream.id) === stream) {
      this.#streams.delete(stream.id);
    }
    for (const [handle, other] of this.#handles) {
      if (other === stream) this.#handles.delete(handle);
    }
  }

  #close(error: ConnectionClosedError): void {
    this.#link.close(error);
    for (const stream of this.#streams.values()) stream.fail(error);
  }
}
