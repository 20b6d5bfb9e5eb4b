/**
 * One stream of a connection, from `start` to the message that tells its end.
 *
 * @module
 */
import {
  type AudioFormat,
  SAMPLE_RATE,
  type SyncMessage,
  type UpdateMessage,
} from "../protocol/mod.ts";
import type { MusicStream, StreamOptions } from "../stream/music_stream.ts";
import type { StreamState } from "./board.ts";
import type { Broadcast } from "./broadcast.ts";
import { createFrameEncoder, type FrameEncoder } from "./frame_encoder.ts";
import { Keeper } from "./keeper.ts";
import { openStream } from "./open_stream.ts";
import { type Outbox, SlowClientError } from "./outbox.ts";
import { Pacer } from "./pacer.ts";
import { Packetizer } from "./packetizer.ts";
import { localHash, resumableHash } from "./pcm_hash.ts";
import { controlsOf } from "./piece.ts";
import { Refusal } from "./refusal.ts";
import { type Received, Reporter } from "./reporter.ts";
import type { Resumption } from "./resumption.ts";
import { Sender } from "./sender.ts";
import type { Service } from "./service.ts";
import {
  type KeptStream,
  packState,
  STATE_VERSION,
  stateKey,
} from "./state.ts";
import type { State as KeptState } from "./state_store.ts";
import { StreamTrace } from "../tracing.ts";
import { atMost, orAbort } from "./wait.ts";

/** Why a stream ended before its end. */
export type CancelReason =
  | "client"
  | "slow"
  | "fault"
  | "closed"
  | "drain"
  | "moved";

/** Ends after which nobody goes on with a stream. */
const FINAL: readonly string[] = ["client", "slow", "fault"];

/** How long an answer waits for its change to be kept, in ms. */
const KEEP_MS = 200;

/** What an encoder hears before it is heard itself, in ms: it has settled by then. */
const SETTLE_MS = 200;

/** Changes that may wait for each other; a client that sends more is refused. */
const MOST_WAITING_CHANGES = 64;

/** A beat clock may be told of so long before or after, in ms. */
const MOST_CLOCK_MS = 60_000;

/** When such a client should try again, in ms. */
const RETRY_AFTER_MS = 1000;

/** Options of {@linkcode Player}. */
export interface PlayerOptions {
  id: string;
  /** u16, unique on the connection. */
  handle: number;
  piece: StreamOptions;
  format: AudioFormat;
  pace: "realtime" | "asap";
  leadMs: number;
  /** The message that asked for it. */
  start: Received;
  /** What it goes on from; null if it begins. */
  resumption: Resumption | null;
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
  packets: Packetizer;
  sender: Sender;
  keeper: Keeper;
  /** Who else listens; null if nobody can. */
  broadcast: Broadcast | null;
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
  readonly #onBoard: Disposable;
  readonly #trace: StreamTrace | null;
  /** Changes are made one after the other, in the order in which they came. */
  #changes: Promise<void> = Promise.resolve();
  #waitingChanges = 0;
  readonly #id: string;
  readonly #context: KeptStream["context"];
  /** What the stream had made when its state was kept last. */
  #keptVersion = -1;

  constructor(options: PlayerOptions) {
    this.#options = options;
    const { piece: { model }, resumption } = options;
    this.#id = resumption?.kept.id ?? crypto.randomUUID();
    const { sha256, bpm = null } = options.piece.context ?? {};
    this.#context = sha256 === undefined
      ? resumption?.kept.context ?? null
      : { sha256, bpm };
    const context = this.#context;
    this.#reporter = new Reporter({ ...options, model, context });
    this.#trace = StreamTrace.start({
      "stream.id": options.id,
      "session.id": options.session,
      "model.id": model.manifest.id,
    });
    this.#onBoard = options.service.board.add(() => this.#show());
    this.#run();
  }

  /** Answers `pause`. */
  async pause(received: Received): Promise<void> {
    const { sender, broadcast, keeper } = await this.#playing();
    sender.pause();
    broadcast?.pause();
    keeper.save();
    const at_sample = sender.nextSample;
    this.#reporter.tell({ type: "paused", at_sample }, received);
  }

  /** Answers `resume`. */
  async resume(received: Received): Promise<void> {
    const { sender, broadcast, keeper } = await this.#playing();
    const at_sample = sender.nextSample;
    broadcast?.resume();
    this.#reporter.tell({ type: "resumed", at_sample }, received);
    sender.resume();
    keeper.save();
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
      await this.#keep();
      const { atSample } = scheduled;
      const delayMs = pacer.delayMs(atSample, received.receivedMs);
      const answer = { ...scheduled, delayMs };
      this.#reporter.scheduled(stream, patch, answer, received);
    });
  }

  /** Answers `sync`. */
  sync(message: SyncMessage, received: Received): Promise<void> {
    if (this.#options.pace !== "realtime") {
      const text = `Stream "${this.#options.id}" has pace asap`;
      throw new Refusal("unsupported", `${text}: it has no clock to sync`);
    }
    // Both clocks at the same moment: one may be set, the other may not.
    const [nowMs, nowDate] = [performance.now(), Date.now()];
    const aheadMs = message.time_ms - nowDate;
    if (Math.abs(aheadMs) > MOST_CLOCK_MS) {
      throw new Refusal(
        "bad_message",
        `time_ms is ${message.time_ms}, accepted: at most ${MOST_CLOCK_MS} ms from the server's clock, which is at ${nowDate}`,
        { param: "time_ms" },
      );
    }
    return this.#change(received, async ({ stream, pacer, sender }) => {
      const zeroMs = pacer.zeroMs(nowMs);
      const playedMs = nowMs + aheadMs - message.latency_ms - zeroMs;
      const { beat, bpm } = message;
      const clock = { sample: playedMs * SAMPLE_RATE / 1000, beat, bpm };
      const leadMs = sender.lastSeq >= 0
        ? pacer.delayMs(sender.nextSample, performance.now())
        : Infinity;
      const { atSample, behindMs, lockedSample } = stream.follow(clock, {
        leadMs,
      });
      await this.#keep();
      this.#reporter.tell({
        type: "synced",
        at_sample: atSample,
        behind_ms: behindMs,
        locked_sample: lockedSample,
        zero_time_ms: nowDate + zeroMs - nowMs,
      }, received);
    });
  }

  /** Answers `reset`. */
  reset(received: Received): Promise<void> {
    return this.#change(received, async ({ stream }) => {
      const at_sample = stream.reset().atSample;
      await this.#keep();
      this.#reporter.tell({ type: "reset", at_sample }, received);
    });
  }

  /** Ends the stream and tells `cancelled`; nothing of the stream follows. */
  cancel(reason: CancelReason, received: Received): void {
    if (this.#state.kind === "ended") return;
    const sender = this.#state.kind === "playing" ? this.#state.sender : null;
    this.#end(reason);
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
      this.#end("done", end.endTrim);
      this.#reporter.done(stream, end);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async #start(): Promise<Playing> {
    const { piece, format, start, service, resumption, ...options } =
      this.#options;
    const { signal } = this.#abort;
    const { kept = null, lastSeq = -1 } = resumption ?? {};
    const model = this.#trace?.model(piece.model) ?? piece.model;
    // Of what does not end there is no receipt.
    const hash = piece.duration === null
      ? localHash()
      : await resumableHash(kept?.hashed.state ?? null);
    const stream = await openStream(
      service.createStream,
      { ...piece, model },
      signal,
    );
    // A cancel may have come between the opening and this turn of ours.
    if (signal.aborted) {
      stream.cancel();
      throw signal.reason;
    }
    const encoder = createFrameEncoder(format);
    const pacer = new Pacer({
      ...options,
      frameMs: format.frame_ms,
      nowMs: start.receivedMs,
    });
    const broadcast = this.#openBroadcast(stream, encoder, kept?.publicId);
    const packets = new Packetizer(stream, encoder, {
      ...{ loop: piece.loop, hash },
      ...(kept && { seq: kept.seq, hashedSeq: kept.hashed.seq }),
    });
    const sinceZeroMs = kept?.zeroTimeMs == null
      ? null
      : Date.now() - kept.zeroTimeMs;
    const sender = new Sender({
      ...options,
      ...start,
      stream,
      packets,
      pacer,
      goOn: kept && {
        seq: lastSeq + 1,
        zeroMs: sinceZeroMs === null ? null : performance.now() - sinceZeroMs,
        foreign: service.states.shared,
      },
      onSent: () => {
        if (stream.version !== this.#keptVersion) keeper.save();
      },
      broadcast,
      reporter: this.#reporter,
      telemetry: service.telemetry,
      trace: this.#trace,
      signal,
    });
    const { session, id } = options;
    const keeper = new Keeper({
      store: service.states,
      key: stateKey(session, id),
      revision: resumption?.revision ?? null,
      take: () => this.#take(),
      onTaken: () => this.cancel("moved", { receivedMs: performance.now() }),
      log: service.log,
    });
    const playing = {
      ...{ stream, encoder, pacer, packets, sender, keeper, broadcast },
    };
    this.#state = { kind: "playing", ...playing };
    service.telemetry.started.inc({ transport: "websocket" });
    const told = {
      handle: options.handle,
      format: encoder.format,
      publicId: broadcast?.info.id ?? null,
      asked: piece.controls,
    };
    this.#reporter.started(stream, told, start, kept !== null);
    if (kept) this.#goOn(playing, kept.paused, start);
    keeper.save();
    this.#started.resolve(playing);
    return playing;
  }

  /** Tells where a stream goes on that lost its connection, and whether it is held there. */
  #goOn(
    { sender, broadcast }: Playing,
    paused: boolean,
    received: Received,
  ): void {
    const type = paused ? "paused" : "resumed";
    if (paused) sender.pause();
    if (paused) broadcast?.pause();
    this.#reporter.tell({ type, at_sample: sender.nextSample }, received);
  }

  /** Waits until what was just changed is kept, but not for long. */
  async #keep(): Promise<void> {
    if (this.#state.kind !== "playing") return;
    const kept = atMost(KEEP_MS, this.#state.keeper.save());
    await orAbort(kept, this.#abort.signal);
  }

  /** The state as it is now; null once the music has been read to its end. */
  #take(): KeptState | null {
    if (this.#state.kind !== "playing") return null;
    const { stream, packets, pacer, sender, broadcast, encoder } = this.#state;
    if (!packets.inMusic) return null;
    const { service, piece, format, pace, leadMs } = this.#options;
    const { hashed } = packets;
    const { frame_samples: frame } = encoder.format;
    const settle = encoder.whole ? Math.ceil(SETTLE_MS / format.frame_ms) : 0;
    const seq = Math.max(0, hashed.seq - settle);
    this.#keptVersion = stream.version;
    const snapshot = stream.snapshot(seq * frame);
    if (snapshot === null) return null;
    const again = snapshot.from === 0;
    const { model, context: _, snapshot: __, ...rest } = piece;
    const nowMs = performance.now();
    return packState({
      version: STATE_VERSION,
      ...{ id: this.#id, key: service.key, model: model.manifest.id },
      ...{ modelSha256: model.sha256, provider: service.provider },
      ...{ piece: rest, context: this.#context, format, pace, leadMs },
      publicId: broadcast?.info.id ?? null,
      paused: sender.waitsFor === "resume",
      zeroTimeMs: pacer.started
        ? Date.now() + pacer.zeroMs(nowMs) - nowMs
        : null,
      seq: snapshot.from / frame,
      hashed: again ? { seq: 0, state: null } : hashed,
      snapshot,
    });
  }

  #show(): StreamState {
    const { id, session, piece, service, start } = this.#options;
    const playing = this.#state.kind === "playing" ? this.#state : null;
    const { sender, pacer, broadcast } = playing ?? {};
    const nowMs = performance.now();
    const next_sample = sender?.nextSample ?? 0;
    return {
      stream: id,
      session,
      key: service.key,
      transport: "websocket",
      model: piece.model.manifest.id,
      waits_for: sender?.waitsFor ?? "prompt",
      last_seq: sender?.lastSeq ?? -1,
      next_sample,
      ahead_ms: pacer?.realtime ? pacer.delayMs(next_sample, nowMs) : null,
      public_id: broadcast?.info.id ?? null,
      listeners: broadcast?.listeners ?? 0,
      age_ms: nowMs - start.receivedMs,
    };
  }

  #openBroadcast(
    { bpm, meter }: MusicStream,
    { format, opusHead }: FrameEncoder,
    id: string | null = null,
  ): Broadcast | null {
    if (opusHead === null) return null;
    const { broadcasts } = this.#options.service;
    return broadcasts.open({ format, opusHead, bpm, meter, id });
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
    if (this.#waitingChanges >= MOST_WAITING_CHANGES) {
      const text = `Stream "${this.#options.id}" has ${this.#waitingChanges}`;
      throw new Refusal("busy", `${text} changes waiting`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.#waitingChanges++;
    const made = this.#changes.then(async () => {
      const playing = await this.#playing();
      try {
        await make(playing);
      } catch (thrown) {
        if (this.#abort.signal.aborted) throw this.#gone();
        this.#fail(thrown, received);
      }
    });
    this.#changes = made.catch(() => {}).finally(() => this.#waitingChanges--);
    return made;
  }

  /** Ends a stream that cannot go on. */
  #fail(thrown: unknown, received?: Received): void {
    const { kind } = this.#state;
    if (kind === "ended") return;
    if (kind === "starting") {
      this.#end("fault");
      return this.#reporter.error(thrown, this.#options.start);
    }
    const slow = thrown instanceof SlowClientError;
    if (slow) this.#options.service.telemetry.slowClients.inc();
    const cause = slow ? new Refusal("slow_client", thrown.message) : thrown;
    this.#reporter.error(cause, received);
    const now = { receivedMs: performance.now() };
    this.cancel(slow ? "slow" : "fault", now);
  }

  /** @param endTrim Samples to drop at the end, if it was reached. */
  #end(how: CancelReason | "done", endTrim = 0): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    this.#state = { kind: "ended" };
    this.#abort.abort(new DOMException("The stream has ended", "AbortError"));
    if (state.kind === "playing") {
      state.stream.cancel();
      state.encoder.close();
      if (FINAL.includes(how)) state.keeper.drop();
      else state.keeper.end();
      const reason = how === "done" ? how : "cancelled";
      state.broadcast?.end({ reason, endTrim });
    }
    this.#trace?.end(how);
    this.#started.resolve(null);
    this.#onBoard[Symbol.dispose]();
    this.#options.place[Symbol.dispose]();
    this.#options.onEnd();
  }
}
