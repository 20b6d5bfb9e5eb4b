/**
 * One stream of a connection, from `start` to the message that tells its end.
 *
 * @module
 */
import type { AudioFormat, UpdateMessage } from "../protocol/mod.ts";
import type { MusicStream, StreamOptions } from "../stream/music_stream.ts";
import { createFrameEncoder, type FrameEncoder } from "./frame_encoder.ts";
import { openStream } from "./open_stream.ts";
import { type Outbox, SlowClientError } from "./outbox.ts";
import { Pacer } from "./pacer.ts";
import { Packetizer } from "./packetizer.ts";
import { controlsOf } from "./piece.ts";
import { Refusal } from "./refusal.ts";
import { type Received, Reporter } from "./reporter.ts";
import { Sender } from "./sender.ts";
import type { Service } from "./service.ts";
import { orAbort } from "./wait.ts";

/** Why a stream ended before its end. */
export type CancelReason = "client" | "slow" | "fault" | "closed" | "drain";

/** Options of {@linkcode Player}. */
export interface PlayerOptions {
  id: string;
  /** u16, unique on the connection. */
  handle: number;
  piece: StreamOptions;
  format: AudioFormat;
  pace: "realtime" | "asap";
  leadMs: number;
  /** The start message. */
  start: Received;
  /** Freed when the stream ends. */
  place: Disposable;
  /** Id of the connection. */
  session: string;
  outbox: Outbox;
  service: Service;
  /** Called once, before the message that tells the end. */
  onEnd: () => void;
}

interface Playing {
  stream: MusicStream;
  encoder: FrameEncoder;
  pacer: Pacer;
  sender: Sender;
}

type State =
  | { kind: "starting" }
  | { kind: "playing" } & Playing
  | { kind: "ended" };

/** Plays one stream; begins at once. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #reporter: Reporter;
  readonly #abort = new AbortController();
  /** Null if the stream ended before it played. */
  readonly #started = Promise.withResolvers<Playing | null>();
  #state: State = { kind: "starting" };
  /** Changes are made one after the other, in the order in which they came. */
  #changes: Promise<void> = Promise.resolve();

  constructor(options: PlayerOptions) {
    this.#options = options;
    const { piece: { model } } = options;
    this.#reporter = new Reporter({ ...options, model });
    this.#run();
  }

  /** Answers `pause`. */
  async pause(received: Received): Promise<void> {
    const { sender } = await this.#playing();
    sender.pause();
    const at_sample = sender.nextSample;
    this.#reporter.tell({ type: "paused", at_sample }, received);
  }

  /** Answers `resume`. */
  async resume(received: Received): Promise<void> {
    const { sender } = await this.#playing();
    const at_sample = sender.nextSample;
    this.#reporter.tell({ type: "resumed", at_sample }, received);
    sender.resume();
  }

  /** Answers `update`. */
  update(message: UpdateMessage, received: Received): Promise<void> {
    return this.#change(received, async ({ stream, pacer, sender }) => {
      const patch = controlsOf(message);
      const { at, ramp = null } = message;
      // Only at real time, and once it plays, can the listener run dry.
      const leadMs = pacer.realtime && sender.lastSeq >= 0
        ? pacer.delayMs(sender.nextSample, performance.now())
        : Infinity;
      const change = stream.update(patch, { at, ramp, leadMs });
      const scheduled = await orAbort(change, this.#abort.signal);
      const { atSample } = scheduled;
      const delayMs = pacer.delayMs(atSample, received.receivedMs);
      const answer = { ...scheduled, delayMs };
      this.#reporter.scheduled(stream, patch, answer, received);
    });
  }

  /** Answers `reset`. */
  reset(received: Received): Promise<void> {
    return this.#change(received, ({ stream }) => {
      const at_sample = stream.reset().atSample;
      this.#reporter.tell({ type: "reset", at_sample }, received);
    });
  }

  /** Ends the stream and tells `cancelled`; nothing of the stream follows. */
  cancel(reason: CancelReason, received: Received): void {
    if (this.#state.kind === "ended") return;
    const sender = this.#state.kind === "playing" ? this.#state.sender : null;
    this.#end();
    const cancel_ms = performance.now() - received.receivedMs;
    const { telemetry } = this.#options.service;
    telemetry.cancels.inc({ by: reason });
    telemetry.time("cancel", cancel_ms);
    this.#reporter.tell({
      type: "cancelled",
      last_seq: sender?.lastSeq ?? -1,
      end_sample: sender?.nextSample ?? 0,
      cancel_ms,
    }, received);
  }

  async #run(): Promise<void> {
    try {
      const { stream, sender } = await this.#start();
      const end = await sender.run();
      this.#end();
      this.#reporter.done(stream, end);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async #start(): Promise<Playing> {
    const { piece, format, start, service, ...options } = this.#options;
    const { signal } = this.#abort;
    const stream = await openStream(service.createStream, piece, signal);
    const encoder = createFrameEncoder(format);
    const pacer = new Pacer({
      ...options,
      frameMs: format.frame_ms,
      nowMs: start.receivedMs,
    });
    const sender = new Sender({
      ...options,
      ...start,
      stream,
      packets: new Packetizer(stream, encoder, piece),
      pacer,
      reporter: this.#reporter,
      telemetry: service.telemetry,
      signal,
    });
    const playing = { stream, encoder, pacer, sender };
    this.#state = { kind: "playing", ...playing };
    service.telemetry.started.inc({ transport: "websocket" });
    const told = { handle: options.handle, format: encoder.format };
    this.#reporter.started(stream, told, start);
    this.#started.resolve(playing);
    return playing;
  }

  /** @throws {Refusal} `unknown_stream` if the stream has ended. */
  async #playing(): Promise<Playing> {
    const playing = await this.#started.promise;
    if (playing === null || this.#state.kind === "ended") throw this.#gone();
    return playing;
  }

  #gone(): Refusal {
    const message = `Stream "${this.#options.id}" has ended`;
    return new Refusal("unknown_stream", message, { param: "stream" });
  }

  #change(
    received: Received,
    make: (playing: Playing) => void | Promise<void>,
  ): Promise<void> {
    const made = this.#changes.then(async () => {
      const playing = await this.#playing();
      try {
        await make(playing);
      } catch (thrown) {
        if (this.#abort.signal.aborted) throw this.#gone();
        this.#fail(thrown, received);
      }
    });
    this.#changes = made.catch(() => {});
    return made;
  }

  /** Ends a stream that cannot go on. */
  #fail(thrown: unknown, received?: Received): void {
    const { kind } = this.#state;
    if (kind === "ended") return;
    if (kind === "starting") {
      this.#end();
      return this.#reporter.error(thrown, this.#options.start);
    }
    const slow = thrown instanceof SlowClientError;
    if (slow) this.#options.service.telemetry.slowClients.inc();
    const cause = slow ? new Refusal("slow_client", thrown.message) : thrown;
    this.#reporter.error(cause, received);
    const now = { receivedMs: performance.now() };
    this.cancel(slow ? "slow" : "fault", now);
  }

  #end(): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    this.#state = { kind: "ended" };
    this.#abort.abort(new DOMException("The stream has ended", "AbortError"));
    if (state.kind === "playing") {
      state.stream.cancel();
      state.encoder.close();
    }
    this.#started.resolve(null);
    this.#options.place[Symbol.dispose]();
    this.#options.onEnd();
  }
}
