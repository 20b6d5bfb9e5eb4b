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
import { deferred } from "./deferred.ts";
import { Emitter } from "./emitter.ts";
import { ConnectionClosedError } from "./errors.ts";
import { Link } from "./link.ts";
import type { OpenSocket } from "./open_socket.ts";
import { retry } from "./retry.ts";
import { type PlayOptions, Stream, type StreamEvent } from "./stream.ts";

/** The connection is closed, for good. */
export interface ClosedEvent {
  type: "closed";
  /** WebSocket close code. */
  code: number;
  reason: string;
}

/** The connection is lost and being sought; `hello` comes with the next one. */
export interface DisconnectedEvent {
  type: "disconnected";
  /** WebSocket close code. */
  code: number;
  reason: string;
}

/** Everything that a client tells of. */
export type ClientEvent = ServerMessage | ClosedEvent | DisconnectedEvent;

/** How a client gets a lost connection back. */
export interface Reconnection {
  /** How long it tries, in ms; 0 = not at all. */
  reconnectMs: number;
  /** Opens another socket. */
  open(signal: AbortSignal): Promise<OpenSocket>;
}

/** Close codes that say that it would only happen again: our own fault. */
const OWN_FAULT = [1008, 1009];

/** A connection. Made by `connect`. */
export class Client implements AsyncDisposable {
  /** Resolves when the connection is closed for good, by whomever. */
  readonly closed: Promise<ClosedEvent>;

  readonly #link = new Link();
  readonly #events = new Emitter<ClientEvent>();
  readonly #streams = new Map<string, Stream>();
  /** Streams begun under the id of one that is being cancelled. */
  readonly #next = new Map<string, Stream>();
  readonly #handles = new Map<number, Stream>();
  readonly #reconnection: Reconnection;
  readonly #closing = new AbortController();
  readonly #closed = deferred<ClosedEvent>();
  #socket!: WebSocket;
  #hello!: HelloMessage;
  #count = 0;

  /** Use `connect` instead. */
  constructor(first: OpenSocket, reconnection: Reconnection) {
    this.#reconnection = reconnection;
    this.closed = this.#closed.promise;
    this.#attach(first);
  }

  /** What the server said of itself, its models and its limits. */
  get hello(): HelloMessage {
    return this.#hello;
  }

  /** Starts a stream; `stream.started` tells once the server has taken it. */
  play(options: PlayOptions): Stream {
    const id = options.stream ?? this.#freeId();
    const stream = new Stream(this.#link, id, options);
    const before = this.#streams.get(id);
    if (!before) this.#streams.set(id, stream);
    // What comes for this id until it is cancelled is the one before's.
    else if (before.leaving) this.#next.set(id, stream);
    // Any other second stream of this id is refused and must not take the first
    // one's messages.
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
    this.#closing.abort();
    this.#socket.close(1000);
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #attach({ socket, hello }: OpenSocket): void {
    this.#socket = socket;
    this.#hello = hello;
    this.#link.attach(socket);
    socket.onclose = ({ code, reason }) => this.#lose(code, reason);
    socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.#message(data) : this.#frame(data);
  }

  async #lose(code: number, reason: string): Promise<void> {
    const { reconnectMs, open } = this.#reconnection;
    const { signal } = this.#closing;
    const error = new ConnectionClosedError(code, reason);
    if (signal.aborted || reconnectMs <= 0 || OWN_FAULT.includes(code)) {
      return this.#end(error, reason);
    }
    this.#interrupt(error, reason);
    let opened;
    try {
      opened = await retry(open, { forMs: reconnectMs, signal });
    } catch {
      return this.#end(error, reason);
    }
    this.#goOn(opened);
  }

  #interrupt(error: ConnectionClosedError, reason: string): void {
    this.#handles.clear();
    for (const stream of this.#all()) stream.interrupt();
    this.#link.detach(error);
    const { closeCode: code } = error;
    this.#events.emit({ type: "disconnected", code, reason });
  }

  #goOn(opened: OpenSocket): void {
    this.#attach(opened);
    if (this.#closing.signal.aborted) return opened.socket.close(1000);
    for (const stream of this.#all()) stream.goOn(opened.hello);
    this.#link.flush();
    this.#events.emit(opened.hello);
  }

  #end(error: ConnectionClosedError, reason: string): void {
    const code = error.closeCode;
    this.#link.close(error);
    for (const stream of this.#all()) stream.fail(error);
    const event: ClosedEvent = { type: "closed", code, reason };
    this.#events.emit(event);
    this.#closed.resolve(event);
  }

  #all(): Stream[] {
    return [...this.#streams.values(), ...this.#next.values()];
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
      stream.belong(this.#hello);
    }
    if (message.type === "draining") this.#drain(message.deadline_ms);
    this.#link.answer(message);
    // What cannot be gone on with is begun anew: nothing is wrong.
    if (message.type === "error" && message.code === "unknown_session") return;
    if (stream) stream.notify(message as StreamEvent);
    // At once: the next stream of this id may have been started already.
    if (stream?.ended) this.#forget(stream);
    this.#events.emit(message);
  }

  /** The server ends the streams soon; they go on with the next connection. */
  #drain(deadlineMs: number): void {
    if (this.#reconnection.reconnectMs <= 0) return;
    for (const stream of this.#streams.values()) stream.outlive();
    if (this.#hello.resume?.shared && this.#streams.size > 0) {
      this.#move(deadlineMs);
    }
  }

  /** Looks for another server, while the one that stops plays on. */
  async #move(forMs: number): Promise<void> {
    const { signal } = this.#closing;
    const old = this.#socket;
    let opened;
    try {
      const { open } = this.#reconnection;
      opened = await retry(open, { forMs, signal });
    } catch {
      // The connection stays as long as it may.
      return;
    }
    // It was lost meanwhile, which is seen to elsewhere.
    if (old.readyState !== old.OPEN) return opened.socket.close(1000);
    old.onclose = null;
    old.onmessage = null;
    const reason = "The server is stopping";
    this.#interrupt(new ConnectionClosedError(1012, reason), reason);
    // The old one plays until the new one has taken over.
    this.#goOn(opened);
    old.close(1000);
  }

  #frame(data: ArrayBuffer): void {
    const frame = decodeAudioFrame(data);
    if (frame) this.#handles.get(frame.handle)?.deliver(frame);
  }

  #forget(stream: Stream): void {
    const { id } = stream;
    if (this.#next.get(id) === stream) this.#next.delete(id);
    if (this.#streams.get(id) === stream) {
      this.#streams.delete(id);
      const next = this.#next.get(id);
      this.#next.delete(id);
      if (next) this.#streams.set(id, next);
      else {
        this.#link.release(id);
        this.#link.flush();
      }
    }
    for (const [handle, other] of this.#handles) {
      if (other === stream) this.#handles.delete(handle);
    }
  }
}
