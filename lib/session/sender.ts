/**
 * Sends a stream's frames when they are due.
 *
 * @module
 */
import { encodeAudioFrame } from "../protocol/mod.ts";
import type { MusicStream } from "../stream/music_stream.ts";
import type { Telemetry } from "../telemetry.ts";
import type { StreamTrace } from "../tracing.ts";
import { breathe } from "./breathe.ts";
import type { WaitsFor } from "./board.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Outbox } from "./outbox.ts";
import type { Pacer } from "./pacer.ts";
import type { Frame, Packetizer, StreamEnd } from "./packetizer.ts";
import type { Reporter } from "./reporter.ts";
import { Gate, orAbort, sleep } from "./wait.ts";

/** Options of {@linkcode Sender}. */
export interface SenderOptions {
  /** The stream's number in binary frames. */
  handle: number;
  stream: MusicStream;
  packets: Packetizer;
  pacer: Pacer;
  outbox: Outbox;
  /** Who else listens; null if nobody can. */
  broadcast: Broadcast | null;
  reporter: Reporter;
  telemetry: Telemetry;
  /** Null if nobody records it. */
  trace: StreamTrace | null;
  /** When the stream was asked for (performance.now clock). */
  receivedMs: number;
  /** Ends the sending. */
  signal: AbortSignal;
  /** Where the client goes on; null if it begins. */
  goOn: {
    /** First frame that it does not have. */
    seq: number;
    /** When it heard sample 0 (performance.now clock), or null. */
    zeroMs: number | null;
    /** Whether that clock may be another machine's. */
    foreign: boolean;
  } | null;
  /** Called after every frame. */
  onSent?: () => void;
}

/** Least time between two warnings of the same kind, in ms. */
const WARNING_MS = 1000;

/** The loop behind one stream: wait, read, encode, send. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #gate = new Gate();
  #lastSeq: number;
  #nextSample: number;
  #warnedMs = -Infinity;
  #waitsFor: WaitsFor = "music";
  /** True while what is sent was made with less than was asked for. */
  #degraded = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { goOn, packets } = options;
    const frameSamples = packets.nextEnd - packets.nextSample;
    this.#lastSeq = (goOn?.seq ?? 0) - 1;
    this.#nextSample = (goOn?.seq ?? 0) * frameSamples;
  }

  /** Number of the newest frame sent, -1 if there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** First sample of music that was not sent. */
  get nextSample(): number {
    const { totalSamples } = this.#options.stream;
    return Math.min(this.#nextSample, totalSamples ?? Infinity);
  }

  /** What it is that the next frame waits for. */
  get waitsFor(): WaitsFor {
    return this.#gate.closed ? "resume" : this.#waitsFor;
  }

  /** Holds clock and frames; nothing is sent until `resume`. */
  pause(): void {
    this.#gate.close();
    this.#options.pacer.hold(performance.now());
  }

  /** Goes on with the next sample. */
  resume(): void {
    this.#options.pacer.release(performance.now());
    this.#gate.open();
  }

  /**
   * Sends everything.
   *
   * @throws {SlowClientError} If the client does not read.
   * @throws The reason of the signal, or whatever the stream throws.
   */
  async run(): Promise<StreamEnd> {
    const { packets, pacer, signal } = this.#options;
    await this.#catchUp();
    while (packets.end === null) {
      await this.#turn();
      this.#waitsFor = "music";
      // Streams that began together are due together.
      await breathe();
      const deadlineMs = pacer.heardMs(packets.nextSample);
      const frame = await orAbort(packets.read({ deadlineMs }), signal);
      // A frame whose reading ends in a pause is kept until the stream goes on.
      await this.#gate.passed(signal);
      this.#send(frame);
    }
    return packets.end;
  }

  /** Makes what the client has already: stream, hash and encoder go on from there. */
  async #catchUp(): Promise<void> {
    const { packets, pacer, stream, goOn, signal } = this.#options;
    if (goOn === null) return;
    while (packets.nextSeq < goOn.seq && packets.end === null) {
      const deadlineMs = performance.now();
      const frame = await orAbort(packets.read({ deadlineMs }), signal);
      packets.encode(frame);
      await breathe();
    }
    const { nextSample } = packets;
    this.#degraded = stream.degraded.has(nextSample - 1);
    if (goOn.seq > 0) {
      pacer.goOn(nextSample, performance.now(), goOn);
    }
  }

  /** Resolves when the next frame may be sent. */
  async #turn(): Promise<void> {
    const { packets, pacer, outbox, signal } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const dueMs = pacer.dueMs(packets.nextEnd) - performance.now();
      if (this.#gate.closed) await this.#gate.passed(signal);
      else if (dueMs > 0) {
        this.#waitsFor = "due";
        await sleep(dueMs, signal);
      } else if (!outbox.hasRoom) await this.#room();
      else return;
    }
  }

  /** Waits for a client that does not read; the clock stands still meanwhile. */
  async #room(): Promise<void> {
    const { outbox, pacer, reporter, signal } = this.#options;
    this.#waitsFor = "client";
    pacer.hold(performance.now());
    const onSlow = () =>
      reporter.warn("slow_client", "Audio waits: the client does not read it");
    await outbox.room({ signal, onSlow });
    if (!this.#gate.closed) pacer.release(performance.now());
  }

  #send(frame: Frame): void {
    const { handle, stream, packets, pacer } = this.#options;
    const { outbox, reporter, telemetry, receivedMs } = this.#options;
    const { broadcast, trace } = this.#options;
    const encodingMs = performance.now();
    const payload = packets.encode(frame);
    const nowMs = performance.now();
    const lateMs = pacer.catchUp(frame.sample, nowMs);
    if (lateMs > 0) this.#underrun(lateMs, nowMs);
    this.#tellQuality(frame.sample);
    pacer.start(nowMs);
    const { last, seq, sample, beat } = frame;
    const header = { last, discontinuity: false, handle, seq, sample, beat };
    const message = encodeAudioFrame(header, payload);
    outbox.sendFrame(message);
    broadcast?.push(frame, payload, packets.end?.endTrim);
    trace?.packet({
      ...{ seq, sample, last, encodeMs: encodingMs, encodedMs: nowMs },
      sentMs: performance.now(),
    });
    this.#lastSeq = seq;
    this.#nextSample = packets.nextSample;
    telemetry.time("encode", nowMs - encodingMs);
    telemetry.bytes.inc({ transport: "websocket" }, message.byteLength);
    this.#options.onSent?.();
    if (seq > 0) return;
    const totalMs = performance.now() - receivedMs;
    reporter.firstAudio(stream, { encodeMs: nowMs - encodingMs, totalMs });
  }

  #tellQuality(sample: number): void {
    const { stream, reporter, telemetry } = this.#options;
    // What follows the music is padding.
    if (sample >= (stream.totalSamples ?? Infinity)) return;
    const degraded = stream.degraded.has(sample);
    if (degraded === this.#degraded) return;
    this.#degraded = degraded;
    if (degraded) {
      telemetry.degradations.inc();
      const text = "The server is busy: the music is made with less effort";
      reporter.warn("quality_reduced", `${text} from sample ${sample} on`);
    } else {
      const text = "The music is made with all the effort that was asked for";
      reporter.warn("quality_restored", `${text} from sample ${sample} on`);
    }
  }

  #underrun(lateMs: number, nowMs: number): void {
    const { reporter, telemetry } = this.#options;
    telemetry.underruns.inc();
    if (nowMs - this.#warnedMs < WARNING_MS) return;
    this.#warnedMs = nowMs;
    const late = `Audio came ${lateMs.toFixed(0)} ms after it was to be heard`;
    reporter.warn("underrun", `${late}: the server is too busy`);
  }
}
