/**
 * From binary frames to the loudspeaker.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { AudioFrame, StartedMessage } from "../lib/client/mod.ts";
import {
  type Chunk,
  type Decoder,
  OpusDecoder,
  PcmDecoder,
} from "./decoder.ts";
import type { Report, ToWorklet } from "./worklet.ts";

const SAMPLE_RATE = 48_000;

/** Plays one stream at a time; the next one takes over without a gap. */
export class Player {
  /** What the spectrum is drawn from. */
  readonly analyser: AnalyserNode;
  /** Called with every report of the audio thread. */
  onReport: (report: Report) => void = () => {};
  /** Called if the browser cannot decode what came. */
  onError: (error: Error) => void = () => {};

  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  readonly #samples: Float32Array<ArrayBuffer>;
  #decoder: Decoder | null = null;
  /** Whether the next chunk voids what is buffered. */
  #takesOver = false;
  #report: Report = {
    sample: 0,
    available: 0,
    underruns: 0,
    framesPlayed: 0,
    state: "filling",
    time: 0,
  };

  private constructor(context: AudioContext) {
    this.#context = context;
    this.#node = new AudioWorkletNode(context, "ring", {
      numberOfInputs: 0,
      outputChannelCount: [2],
    });
    this.#node.port.onmessage = ({ data }) => {
      this.#report = data as Report;
      this.onReport(this.#report);
    };
    this.analyser = new AnalyserNode(context, {
      fftSize: 4096,
      smoothingTimeConstant: 0.72,
    });
    this.#samples = new Float32Array(this.analyser.fftSize);
    this.#node.connect(this.analyser).connect(context.destination);
  }

  /** Loads the audio thread; sound needs a press of a key or button first. */
  static async create(): Promise<Player> {
    const context = new AudioContext({
      sampleRate: SAMPLE_RATE,
      latencyHint: "interactive",
    });
    await context.audioWorklet.addModule("/web/dist/worklet.js");
    return new Player(context);
  }

  /** The newest report of the audio thread. */
  get report(): Report {
    return this.#report;
  }

  /** Position in the stream of what is heard now, in samples at 48 kHz. */
  get heard(): number {
    const { sample, available, time, state } = this.#report;
    const { currentTime, outputLatency = 0 } = this.#context;
    const since = state === "playing" ? (currentTime - time) * SAMPLE_RATE : 0;
    return sample + Math.min(since, available) - outputLatency * SAMPLE_RATE;
  }

  /** Loudness of the last 85 ms, 0 to 1. */
  rms(): number {
    this.analyser.getFloatTimeDomainData(this.#samples);
    const sum = this.#samples.reduce((total, x) => total + x * x, 0);
    return Math.sqrt(sum / this.#samples.length);
  }

  /** Lets sound out; to be called by a press of a key or button. */
  async unlock(): Promise<void> {
    await this.#context.resume();
  }

  /** Gets ready for a new stream. What plays goes on until its first frame. */
  begin(format: StartedMessage["format"]): void {
    this.#decoder?.close();
    this.#takesOver = true;
    const options = {
      preSkip: format.pre_skip,
      onChunk: (chunk: Chunk) => this.#write(chunk),
      onError: (error: Error) => this.onError(error),
    };
    this.#decoder = format.codec === "opus"
      ? new OpusDecoder(options)
      : new PcmDecoder(options);
  }

  /** Plays a frame after the ones before. */
  push(frame: AudioFrame): void {
    if (frame.discontinuity) this.#takesOver = true;
    this.#decoder?.decode(frame);
  }

  /** Nothing more comes: what is buffered is played, then there is silence. */
  async end(): Promise<void> {
    const decoder = this.#decoder;
    await decoder?.flush().catch(() => {});
    if (decoder === this.#decoder) this.#post({ type: "end" });
  }

  /** Holds or goes on at once; what is buffered stays. */
  hold(held: boolean): void {
    this.#post({ type: "hold", held });
  }

  #write({ left, right, sample }: Chunk): void {
    if (this.#takesOver) this.#post({ type: "replace", sample });
    this.#takesOver = false;
    this.#post({ type: "write", left, right });
  }

  #post(message: ToWorklet): void {
    this.#node.port.postMessage(message);
  }
}
