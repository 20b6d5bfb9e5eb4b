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
  | { type: "replace"; sample: number }
  | { type: "hold"; held: boolean }
  | { type: "end" };

/** What the audio thread tells the page. */
export interface Report {
  /** Position in the stream of the next sample. */
  sample: number;
  /** Samples that can still be played. */
  available: number;
  underruns: number;
  framesPlayed: number;
  state: RingState;
  /** The audio clock at this moment, in seconds. */
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

class RingProcessor extends AudioWorkletProcessor {
  readonly #ring = new RingBuffer(
    sampleRate * CAPACITY_SECONDS,
    sampleRate * THRESHOLD_SECONDS,
  );
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data as ToWorklet);
  }

  process(_inputs: unknown, outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0] as [Float32Array, Float32Array];
    const silent = this.#ring.framesPlayed === 0;
    this.#ring.read(left, right);
    const first = silent && this.#ring.framesPlayed > 0;
    if (first || ++this.#blocks % REPORT_BLOCKS === 0) this.#report();
    return true;
  }

  #take(message: ToWorklet): void {
    switch (message.type) {
      case "write":
        return this.#ring.write(message.left, message.right);
      case "replace":
        return this.#ring.replace(message.sample);
      case "hold":
        return this.#ring.hold(message.held);
      case "end":
        return this.#ring.end();
    }
  }

  #report(): void {
    const { sample, available, underruns, framesPlayed, state } = this.#ring;
    this.port.postMessage(
      {
        sample,
        available,
        underruns,
        framesPlayed,
        state,
        time: currentTime,
      } satisfies Report,
    );
  }
}

registerProcessor("ring", RingProcessor);
