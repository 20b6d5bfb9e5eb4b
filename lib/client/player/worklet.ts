/**
 * Runs on the audio thread: reads the ring buffer, 128 samples at a time.
 *
 * @module
 */
import { RingBuffer, type RingState } from "./ring_buffer.ts";

/** What the page tells the audio thread. */
export type ToWorklet =
  | {
    type: "write";
    left: Float32Array<ArrayBuffer>;
    right: Float32Array<ArrayBuffer>;
  }
  /** What is written next begins at `sample`; `epoch` counts these. */
  | { type: "replace"; sample: number; epoch: number }
  | { type: "hold"; held: boolean }
  /** Nothing is played from `sample` on. */
  | { type: "end"; sample: number }
  | { type: "record"; on: boolean };

/** What was heard, as it was heard. */
export interface Recorded {
  type: "recorded";
  left: Float32Array<ArrayBuffer>;
  right: Float32Array<ArrayBuffer>;
  /** Whether the recording ends with it. */
  last: boolean;
}

/** What the audio thread tells the page. */
export interface Report {
  type: "report";
  /** Position in the stream of the next sample. */
  sample: number;
  /** Which `replace` that position belongs to. */
  epoch: number;
  /** Samples that can still be played. */
  available: number;
  underruns: number;
  framesPlayed: number;
  state: RingState;
  /** Whether samples are being played, not silence. */
  moving: boolean;
  /** Samples that are collected before playing. */
  lead: number;
  /** When that next sample is due on the audio clock, in seconds. */
  time: number;
}

// The audio thread has its own globals, which TypeScript's library lacks.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new () => AudioWorkletProcessor,
): void;
declare const sampleRate: number;
declare const currentTime: number;

const CAPACITY_SECONDS = 30;
const THRESHOLD_SECONDS = 0.2;
/** Blocks of 128 samples between reports: 32 ms. */
const REPORT_BLOCKS = 12;
/** Samples in one message of a recording. */
const RECORD_SAMPLES = 32 * 128;

class RingProcessor extends AudioWorkletProcessor {
  readonly #ring = new RingBuffer(
    sampleRate * CAPACITY_SECONDS,
    sampleRate * THRESHOLD_SECONDS,
  );
  #blocks = 0;
  #epoch = 0;
  /** What has been heard since the last message, while recording. */
  #record: Recorded | null = null;
  #recorded = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data as ToWorklet);
  }

  process(_inputs: unknown, outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0] as [Float32Array, Float32Array];
    const silent = this.#ring.framesPlayed === 0;
    this.#ring.read(left, right);
    if (this.#record) this.#keep(this.#record, left, right);
    const first = silent && this.#ring.framesPlayed > 0;
    if (first || ++this.#blocks % REPORT_BLOCKS === 0) {
      this.#report(currentTime + left.length / sampleRate);
    }
    return true;
  }

  #take(message: ToWorklet): void {
    switch (message.type) {
      case "write":
        return this.#ring.write(message.left, message.right);
      case "replace":
        this.#epoch = message.epoch;
        return this.#ring.replace(message.sample);
      case "hold":
        return this.#ring.hold(message.held);
      case "end":
        return this.#ring.end(message.sample);
      case "record":
        if (!message.on) this.#send(true);
        this.#record = message.on ? emptyRecord() : null;
    }
  }

  #keep(record: Recorded, left: Float32Array, right: Float32Array): void {
    record.left.set(left, this.#recorded);
    record.right.set(right, this.#recorded);
    this.#recorded += left.length;
    if (this.#recorded < RECORD_SAMPLES) return;
    this.#send(false);
    this.#record = emptyRecord();
  }

  #send(last: boolean): void {
    if (!this.#record) return;
    const { type, left, right } = this.#record;
    const count = this.#recorded;
    this.#recorded = 0;
    this.port.postMessage(
      {
        type,
        left: left.slice(0, count),
        right: right.slice(0, count),
        last,
      } satisfies Recorded,
    );
  }

  #report(time: number): void {
    const { sample, available, underruns, framesPlayed, state, moving, lead } =
      this.#ring;
    this.port.postMessage(
      {
        ...{ type: "report", epoch: this.#epoch, sample, available },
        ...{ underruns, framesPlayed, state, moving, lead, time },
      } satisfies Report,
    );
  }
}

function emptyRecord(): Recorded {
  return {
    type: "recorded",
    left: new Float32Array(RECORD_SAMPLES),
    right: new Float32Array(RECORD_SAMPLES),
    last: false,
  };
}

registerProcessor("prestissimo", RingProcessor);
