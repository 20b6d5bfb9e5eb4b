/**
 * From a stream to the loudspeaker.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { ResolvedFormat } from "../../protocol/audio_format.ts";
import type { AudioFrame } from "../../protocol/header.ts";
import { SAMPLE_RATE } from "../../protocol/limits.ts";
import { type Deferred, deferred } from "../deferred.ts";
import type { Stream } from "../stream.ts";
import { BeatCaller, type BeatEvent } from "./beat_caller.ts";
import { BeatClock } from "./beat_clock.ts";
import { type Chunk, createDecoder, type Decoder } from "./decoder.ts";
import { Recording } from "./recording.ts";
import type { Recorded, Report, ToWorklet } from "./worklet.ts";

/** What is decoded ahead of being heard, at most, in samples: 10 s. */
const AHEAD_SAMPLES = 10 * SAMPLE_RATE;

/** Options of {@linkcode Player.create}. */
export interface PlayerOptions {
  /** An audio clock of 48 kHz to play by; one of its own unless said. */
  context?: AudioContext;
  /** Where the sound goes; the context's loudspeaker unless said. */
  destination?: AudioNode;
  /** Where `worklet.js` is; beside this module's file unless said. */
  worklet?: string | URL;
}

/** Plays one stream at a time; the next one takes over without a gap. */
export class Player {
  /** What the sound comes out of; connect an analyser or effects to it. */
  readonly output: AudioNode;
  readonly context: AudioContext;
  /** Called with every report of the audio thread, about 30 times a second. */
  onReport: (report: Report) => void = () => {};
  /** Called if the browser cannot decode what came. */
  onError: (error: Error) => void = () => {};

  readonly #node: AudioWorkletNode;
  readonly #beats = new BeatCaller({
    beatAt: (contextTime) => this.beatAt(contextTime),
    timeOf: (beat) => this.#timeOf(beat),
  });
  /** Beats by sample of what was written and may not have been heard yet. */
  readonly #clocks = new Map<number, BeatClock>();
  #epoch = 0;
  /** First sample of what was begun last. */
  #first = 0;
  #reported: Deferred<void> = deferred();
  /** The stream that is heard. */
  #stream: Stream | null = null;
  /** The stream that will be, once its first packet has come. */
  #next: Stream | null = null;
  #decoder: Decoder | null = null;
  /** Whether the next chunk voids what is buffered. */
  #takesOver = false;
  #recording: Recording | null = null;
  #ended: Deferred<void> = deferred();
  #report: Report = {
    ...{ type: "report", sample: 0, epoch: 0, available: 0, underruns: 0 },
    ...{ framesPlayed: 0, state: "filling", moving: false, lead: 0, time: 0 },
  };

  private constructor(context: AudioContext, destination: AudioNode) {
    this.context = context;
    this.#node = new AudioWorkletNode(context, "prestissimo", {
      numberOfInputs: 0,
      outputChannelCount: [2],
    });
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    this.#node.connect(destination);
    this.output = this.#node;
  }

  /**
   * Loads the audio thread. Sound needs a press of a key or button first: call
   * `unlock` from it.
   *
   * @throws {RangeError} If `context` does not run at 48 kHz.
   */
  static async create(options: PlayerOptions = {}): Promise<Player> {
    const context = options.context ?? new AudioContext({
      sampleRate: SAMPLE_RATE,
      latencyHint: "interactive",
    });
    if (context.sampleRate !== SAMPLE_RATE) {
      throw new RangeError(
        `The context runs at ${context.sampleRate} Hz: accepted is ` +
          `new AudioContext({ sampleRate: ${SAMPLE_RATE} })`,
      );
    }
    const worklet = options.worklet ??
      new URL("./worklet.js", import.meta.url);
    await context.audioWorklet.addModule(worklet);
    return new Player(context, options.destination ?? context.destination);
  }

  /** Counts what has been begun; what is heard is of `report.epoch`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The newest report of the audio thread. */
  get report(): Report {
    return this.#report;
  }

  /**
   * What is collected before playing, in ms. Doubles whenever the music runs
   * dry, and falls back while it does not.
   */
  get leadMs(): number {
    return this.#report.lead / SAMPLE_RATE * 1000;
  }

  /** The moment on the audio clock that is heard now, in seconds. */
  get heardTime(): number {
    const { currentTime, outputLatency = 0 } = this.context;
    return currentTime - outputLatency;
  }

  /** Position in the stream of what is heard now, in samples at 48 kHz. */
  get heard(): number {
    return this.#sampleAt(this.heardTime);
  }

  /**
   * Musical position at a moment of the audio clock.
   *
   * @param contextTime In seconds, such as `heardTime` or a moment soon after.
   * @returns Beats since the stream's start; null if nothing plays then.
   */
  beatAt(contextTime: number): number | null {
    if (!this.#report.moving) return null;
    return this.#clock?.beatAt(this.#sampleAt(contextTime)) ?? null;
  }

  /** Tempo of what is heard now, in beats a minute; null if nothing plays. */
  get bpm(): number | null {
    return this.#clock?.bpmAt(this.heard) ?? null;
  }

  /** Calls `listener` as each beat is heard; returns how to stop that. */
  onBeat(listener: (event: BeatEvent) => void): () => void {
    return this.#beats.on(listener);
  }

  /** Lets sound out; to be called by a press of a key or button. */
  async unlock(): Promise<void> {
    await this.context.resume();
  }

  /**
   * Plays a stream. The one before is played until the first packet of this one
   * has come, and then cancelled: what it has sent is heard until then.
   *
   * @returns Resolves once the stream has been heard to its end, or another has
   * taken over. Rejects as the stream does.
   */
  async play(stream: Stream): Promise<void> {
    end(this.#next);
    this.#next = stream;
    try {
      for await (const frame of stream) {
        if (this.#next === stream) {
          // One that is paused would never notice that it has been replaced.
          end(this.#stream);
          this.#stream = stream;
          this.#next = null;
        }
        if (this.#stream !== stream) return;
        if (frame.seq === 0 || frame.discontinuity) {
          this.#begin(stream.format!, frame.sample);
        }
        this.#push(frame);
        await this.#room(frame.sample);
      }
      if (this.#stream !== stream) return;
      const last = await stream.finished;
      await this.#end(last.type === "done" ? last.samples : Infinity);
    } catch (error) {
      if (this.#stream === stream) await this.#end(Infinity);
      throw error;
    } finally {
      if (this.#next === stream) this.#next = null;
    }
  }

  /** Holds or goes on at once, softly; what is buffered stays. */
  hold(held: boolean): void {
    this.#post({ type: "hold", held });
  }

  /**
   * Records what is heard from now on, gaps and fades as they are.
   *
   * @throws {Error} If a recording is running.
   */
  record(): Recording {
    if (this.#recording) {
      throw new Error("A recording is running: stop it before another begins");
    }
    this.#post({ type: "record", on: true });
    return this.#recording = new Recording(() =>
      this.#post({ type: "record", on: false })
    );
  }

  /**
   * Falls silent, for good, and closes the context. A stream that plays is
   * cancelled, and a recording ends with what was heard.
   */
  async close(): Promise<void> {
    end(this.#stream);
    end(this.#next);
    this.#stream = this.#next = null;
    this.#recording?.end();
    this.#recording = null;
    this.#decoder?.close();
    this.#node.disconnect();
    this.#ended.resolve();
    this.#reported.resolve();
    await this.context.close();
  }

  get #clock(): BeatClock | undefined {
    return this.#clocks.get(this.#report.epoch);
  }

  #sampleAt(contextTime: number): number {
    const { sample, available, time, moving } = this.#report;
    if (!moving) return sample;
    return sample + Math.min((contextTime - time) * SAMPLE_RATE, available);
  }

  #timeOf(beat: number): number | null {
    const sample = this.#clock?.sampleAt(beat);
    if (sample === null || sample === undefined) return null;
    return this.#report.time + (sample - this.#report.sample) / SAMPLE_RATE;
  }

  /** Gets ready for a stream's first frame. */
  #begin(format: ResolvedFormat, sample: number): void {
    this.#first = sample;
    this.#decoder?.close();
    this.#ended.resolve();
    this.#ended = deferred();
    this.#clocks.set(++this.#epoch, new BeatClock());
    this.#takesOver = true;
    this.#decoder = createDecoder(format, {
      onChunk: (chunk) => this.#write(chunk),
      onError: (error) => this.onError(error),
    });
  }

  #push(frame: AudioFrame): void {
    this.#clocks.get(this.#epoch)!.add(frame.sample, frame.beat);
    this.#decoder!.decode(frame);
  }

  /** Waits until this sample is near: pieces may come faster than they play. */
  async #room(sample: number): Promise<void> {
    const epoch = this.#epoch;
    const stream = this.#stream;
    const heard = () =>
      this.#report.epoch === epoch ? this.#report.sample : this.#first;
    while (sample - heard() > AHEAD_SAMPLES && this.#stream === stream) {
      await this.#reported.promise;
    }
  }

  /** Nothing more comes: what is buffered is played, then there is silence. */
  async #end(sample: number): Promise<void> {
    const decoder = this.#decoder;
    const { promise } = this.#ended;
    await decoder?.flush().catch(() => {});
    if (!decoder || decoder !== this.#decoder) return;
    this.#post({ type: "end", sample });
    await promise;
  }

  #write({ left, right, sample }: Chunk): void {
    if (this.#takesOver) {
      this.#post({ type: "replace", sample, epoch: this.#epoch });
    }
    this.#takesOver = false;
    this.#post({ type: "write", left, right });
  }

  #hear(message: Report | Recorded): void {
    if (message.type === "recorded") return this.#keep(message);
    if (message.epoch !== this.#report.epoch) {
      this.#beats.restart();
      for (const epoch of this.#clocks.keys()) {
        if (epoch < message.epoch) this.#clocks.delete(epoch);
      }
    }
    this.#report = message;
    if (message.moving) this.#beats.look(message.time, this.heardTime);
    const { epoch, state, available } = message;
    const ended = state === "ending" && available === 0;
    if (ended && epoch === this.#epoch) this.#ended.resolve();
    this.#reported.resolve();
    this.#reported = deferred();
    this.onReport(message);
  }

  #keep({ left, right, last }: Recorded): void {
    this.#recording?.write(left, right);
    if (!last) return;
    this.#recording?.end();
    this.#recording = null;
  }

  #post(message: ToWorklet): void {
    this.#node.port.postMessage(message);
  }
}

/** Cancels a stream that nobody will hear. */
function end(stream: Stream | null): void {
  if (stream && !stream.ended) stream.cancel().catch(() => {});
}
