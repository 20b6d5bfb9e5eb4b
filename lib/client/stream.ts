/**
 * One piece of music, as a client holds it.
 *
 * @module
 */
import type {
  StartInput,
  SyncInput,
  UpdateInput,
} from "../protocol/client_messages.ts";
import type { AudioFrame } from "../protocol/header.ts";
import type {
  CancelledMessage,
  DoneMessage,
  HelloMessage,
  PausedMessage,
  ResetDoneMessage,
  ResumedMessage,
  ScheduledMessage,
  ServerMessage,
  StartedMessage,
  SyncedMessage,
} from "../protocol/server_messages.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { Emitter } from "./emitter.ts";
import { ConnectionClosedError, ServerError } from "./errors.ts";
import type { Link } from "./link.ts";
import { PacketQueue } from "./packet_queue.ts";
import { wait } from "./retry.ts";

/** What `play` takes: `start` without what the client adds. */
export type PlayOptions =
  & Omit<StartInput, "type" | "event_id" | "stream">
  & {
    /** The stream's id; chosen if absent. */
    stream?: string;
  };

/** What `update` takes: the controls to change, `ramp` and `at`. */
export type UpdateOptions = Omit<UpdateInput, "type" | "event_id" | "stream">;

/** What `sync` takes: where a beat clock is, and when. */
export type SyncOptions = Omit<SyncInput, "type" | "event_id" | "stream">;

/** A server message about a stream. */
export type StreamEvent = Extract<ServerMessage, { stream?: unknown }>;

/**
 * A playing stream. Iterate it for its packets, in order; leaving the loop
 * cancels it. Packets that nobody reads are kept in memory.
 *
 * If the connection is lost and found again, `started` comes once more, and the
 * stream goes on with the packet after the last one. If the server knows it no
 * more, only a finite one that nobody changed still does; any other begins anew
 * with packet 0, which has `discontinuity` set.
 */
export class Stream implements AsyncIterable<AudioFrame> {
  readonly id: string;
  /** The server's first answer to `start`. */
  readonly started: Promise<StartedMessage>;
  /** How the stream ended. Rejects if an error or a lost connection ended it. */
  readonly finished: Promise<DoneMessage | CancelledMessage>;

  readonly #link: Link;
  readonly #events = new Emitter<StreamEvent>();
  readonly #packets = new PacketQueue<AudioFrame>();
  readonly #start: Deferred<StartedMessage> = deferred();
  readonly #finish: Deferred<DoneMessage | CancelledMessage> = deferred();
  /** What `start` has to say for the stream to be as it is now. */
  #options: PlayOptions;
  #format: StartedMessage["format"] | null = null;
  #cancel: Promise<CancelledMessage> | null = null;
  #ended = false;
  #paused = false;
  /** Whether its packets are no longer those that `start` alone gives. */
  #changed = false;
  /** Whether its end by the server is not the end: another one goes on. */
  #outlives = false;
  /** The connection's session under which the server keeps it, if it does. */
  #session: string | null = null;
  /** Whether there is no connection now. */
  #interrupted = false;
  /** Counts connections, so that what was begun with one ends with it. */
  #connection = 0;
  /** Whether the next packet does not follow the one before. */
  #breaks = false;
  #lastSeq = -1;

  /** Use `client.play` instead. */
  constructor(link: Link, id: string, options: PlayOptions) {
    this.id = id;
    this.#link = link;
    this.#options = options;
    this.started = this.#start.promise;
    this.finished = this.#finish.promise;
    // Whoever does not look at these promises learns it by iterating.
    this.finished.catch(() => {});
    this.started.catch(() => {});
    this.#begin();
  }

  /** Whether `done`, `cancelled` or an error has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @ignore Whether it ends, or has been asked to. */
  get leaving(): boolean {
    return this.#ended || this.#cancel !== null;
  }

  /** The format of the packets; null before `started`. */
  get format(): StartedMessage["format"] | null {
    return this.#format;
  }

  /** Changes controls; the answer says which sample it can first be heard in. */
  async update(options: UpdateOptions): Promise<ScheduledMessage> {
    const request = { ...options, type: "update", stream: this.id } as const;
    const scheduled = await this.#link.ask(request);
    const { at: _at, ramp: _ramp, ...controls } = options;
    const parts = { ...this.#options.parts, ...controls.parts };
    this.#options = { ...this.#options, ...controls, parts } as PlayOptions;
    this.#changed = true;
    return scheduled;
  }

  /** Holds the stream without losing a sample. */
  async pause(): Promise<PausedMessage> {
    const paused = await this.#link.ask({ type: "pause", stream: this.id });
    this.#paused = true;
    return paused;
  }

  /** Goes on where `pause` held. */
  async resume(): Promise<ResumedMessage> {
    const resumed = await this.#link.ask({ type: "resume", stream: this.id });
    this.#paused = false;
    return resumed;
  }

  /** Forgets the musical context, keeps prompts and controls. */
  reset(): Promise<ResetDoneMessage> {
    this.#changed = true;
    return this.#link.ask({ type: "reset", stream: this.id });
  }

  /** Tells a beat clock from outside: the downbeats are brought onto it. */
  async sync(clock: SyncOptions): Promise<SyncedMessage> {
    const request = { ...clock, type: "sync", stream: this.id } as const;
    const synced = await this.#link.ask(request);
    this.#options = { ...this.#options, bpm: clock.bpm };
    this.#changed = true;
    return synced;
  }

  /** Ends the stream at once; packets that have come can still be read. */
  cancel(): Promise<CancelledMessage> {
    if (this.#cancel) return this.#cancel;
    const asked = this.#link.ask({ type: "cancel", stream: this.id });
    // What was refused may be asked again.
    asked.catch(() => this.#cancel = null);
    return this.#cancel = asked;
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

  async #begin(): Promise<void> {
    const request = {
      ...this.#options,
      type: "start",
      stream: this.id,
    } as const;
    try {
      const started = await this.#link.ask(request);
      const { seed, model } = started;
      this.#options = { ...this.#options, seed, model };
      this.#start.resolve(started);
    } catch (error) {
      const lost = error instanceof ConnectionClosedError;
      // A lost connection that is being sought brings another try.
      if (lost && !this.#link.closed) return;
      this.#start.reject(error);
      this.fail(error as Error);
    }
  }

  async #leave(): Promise<IteratorResult<AudioFrame, undefined>> {
    this.#packets.clear();
    this.#packets.end();
    // Nobody waits for a connection only to end it: unasked for, it ends there, too.
    if (this.#interrupted) this.fail(new ConnectionClosedError(1006, ""));
    // A stream that is ending by itself answers with an error: nothing is lost.
    if (!this.#ended) await this.cancel().catch(() => {});
    return { done: true, value: undefined };
  }

  /** @ignore The connection is lost and being sought. */
  interrupt(): void {
    // What was to be cancelled is, by the loss.
    if (this.#cancel) this.fail(new ConnectionClosedError(1006, ""));
    this.#connection++;
    this.#interrupted = true;
  }

  /** @ignore There is a connection again. */
  goOn({ resume }: HelloMessage): void {
    this.#outlives = false;
    this.#interrupted = false;
    this.#link.hold(this.id);
    if (this.#session === null || !resume) return this.#beginAgain();
    this.#resume(this.#session, 1000 * resume.seconds);
  }

  /** @ignore The server has taken it, on a connection that began with this. */
  belong({ resume, session }: HelloMessage): void {
    this.#session = resume ? session : null;
  }

  /** Goes on where it was, or anew where that cannot be. */
  async #resume(session: string, forMs: number): Promise<void> {
    const connection = ++this.#connection;
    const untilMs = performance.now() + forMs;
    for (;;) {
      try {
        const lost = { stream: this.id, last_seq: this.#lastSeq };
        this.#breaks = false;
        await this.#link.goOn(session, lost);
        this.#link.release(this.id);
        return this.#link.flush();
      } catch (error) {
        // The next connection brings another try.
        if (!(error instanceof ServerError) || this.#ended) return;
        const { code, details: { retry_after_ms = 1000 } } = error;
        const again = code === "busy" &&
          performance.now() + retry_after_ms < untilMs;
        if (!again) return this.#beginAgain();
        await wait(retry_after_ms, new AbortController().signal);
        if (this.#connection !== connection || this.#ended) return;
      }
    }
  }

  #beginAgain(): void {
    this.#breaks = this.#lastSeq >= 0;
    const exact = this.#options.duration != null && !this.#changed;
    if (exact) {
      this.#breaks = false;
      // What was heard already is not to be waited for.
      this.#options = { ...this.#options, pace: "asap" };
    } else {
      this.#lastSeq = -1;
    }
    const stream = this.id;
    // After `start` a connection knows it, and its pause comes before what was
    // asked meanwhile.
    this.#link.release(stream);
    this.#begin();
    if (this.#paused) {
      this.#link.ask({ type: "pause", stream }).catch(() => {});
    }
    this.#link.flush();
  }

  /** @ignore The server is about to end the stream because it stops. */
  outlive(): void {
    this.#outlives = true;
  }

  /** @ignore Takes a packet from the connection. */
  deliver(frame: AudioFrame): void {
    if (frame.seq <= this.#lastSeq) return;
    this.#lastSeq = frame.seq;
    this.#packets.push(
      this.#breaks ? { ...frame, discontinuity: true } : frame,
    );
    this.#breaks = false;
  }

  /** @ignore Takes a message from the connection. */
  notify(message: StreamEvent): void {
    const ours = message.type === "cancelled" && this.#cancel === null;
    if (ours && this.#outlives) return;
    if (message.type === "started") this.#format = message.format;
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
  fail(error: Error): void {
    this.#ended = true;
    this.#start.reject(error);
    this.#finish.reject(error);
    this.#packets.fail(error);
  }
}

/** Other errors concern a message; the stream plays on. */
function endsStream(code: string): boolean {
  return code === "internal" || code === "slow_client";
}
