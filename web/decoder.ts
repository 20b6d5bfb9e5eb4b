/**
 * Binary frames to samples.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { AudioFrame } from "../lib/client/mod.ts";

/** Samples with their place in the stream. */
export interface Chunk {
  left: Float32Array<ArrayBuffer>;
  right: Float32Array<ArrayBuffer>;
  /** Position of the first sample, 48 kHz. */
  sample: number;
}

/** Turns frames into chunks, in order. */
export interface Decoder {
  decode(frame: AudioFrame): void;
  /** Resolves when everything has been decoded. */
  flush(): Promise<void>;
  close(): void;
}

/** What a decoder calls. */
export interface DecoderOptions {
  onChunk: (chunk: Chunk) => void;
  onError: (error: Error) => void;
  /** Samples to drop from the start of an Opus stream. */
  preSkip: number;
}

const OPUS: AudioDecoderConfig = {
  codec: "opus",
  sampleRate: 48_000,
  numberOfChannels: 2,
};

/** Whether this browser decodes Opus packets. */
export async function decodesOpus(): Promise<boolean> {
  if (!("AudioDecoder" in globalThis)) return false;
  try {
    return (await AudioDecoder.isConfigSupported(OPUS)).supported ?? false;
  } catch {
    return false;
  }
}

/** Decodes Opus packets with WebCodecs. */
export class OpusDecoder implements Decoder {
  readonly #decoder: AudioDecoder;
  readonly #options: DecoderOptions;
  /** Position of the next decoded sample; negative while in the pre-skip. */
  #sample: number | null = null;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#decoder = new AudioDecoder({
      output: (data) => this.#output(data),
      error: options.onError,
    });
    // Without the OpusHead as description nothing is trimmed by the browser,
    // so that samples can be counted here.
    this.#decoder.configure(OPUS);
  }

  decode({ payload, sample }: AudioFrame): void {
    this.#sample ??= sample - this.#options.preSkip;
    this.#decoder.decode(
      new EncodedAudioChunk({
        type: "key",
        timestamp: Math.round(sample / 0.048),
        data: payload,
      }),
    );
  }

  async flush(): Promise<void> {
    if (this.#decoder.state === "configured") await this.#decoder.flush();
  }

  close(): void {
    if (this.#decoder.state !== "closed") this.#decoder.close();
  }

  #output(data: AudioData): void {
    const count = data.numberOfFrames;
    const [left, right] = [0, 1].map((planeIndex) => {
      const plane = new Float32Array(count);
      data.copyTo(plane, { planeIndex, format: "f32-planar" });
      return plane;
    }) as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
    data.close();
    const sample = this.#sample ?? 0;
    this.#sample = sample + count;
    const skip = Math.min(count, Math.max(0, -sample));
    if (skip === count) return;
    this.#options.onChunk({
      left: left.subarray(skip),
      right: right.subarray(skip),
      sample: sample + skip,
    });
  }
}

/** Reads interleaved little-endian 16-bit samples. */
export class PcmDecoder implements Decoder {
  readonly #onChunk: (chunk: Chunk) => void;

  constructor({ onChunk }: DecoderOptions) {
    this.#onChunk = onChunk;
  }

  decode({ payload, sample }: AudioFrame): void {
    const view = new DataView(payload.buffer, payload.byteOffset);
    const count = payload.byteLength >> 2;
    const left = new Float32Array(count);
    const right = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      left[i] = view.getInt16(4 * i, true) / 32_768;
      right[i] = view.getInt16(4 * i + 2, true) / 32_768;
    }
    this.#onChunk({ left, right, sample });
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}
