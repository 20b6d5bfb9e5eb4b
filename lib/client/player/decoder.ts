/**
 * Binary frames to samples.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { ResolvedFormat } from "../../protocol/audio_format.ts";
import type { AudioFrame } from "../../protocol/header.ts";

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

/** The format to ask for in this browser: Opus, or PCM where it has no decoder. */
export async function playableFormat(): Promise<
  { codec: "opus" | "pcm_s16le" }
> {
  return { codec: await decodesOpus() ? "opus" : "pcm_s16le" };
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

/** Reads interleaved little-endian samples: 16-bit integers, or 32-bit floats. */
export class PcmDecoder implements Decoder {
  readonly #onChunk: (chunk: Chunk) => void;
  readonly #float: boolean;

  constructor(
    { onChunk }: Pick<DecoderOptions, "onChunk">,
    { float = false }: { float?: boolean } = {},
  ) {
    this.#onChunk = onChunk;
    this.#float = float;
  }

  decode({ payload, sample }: AudioFrame): void {
    const view = new DataView(payload.buffer, payload.byteOffset);
    const count = payload.byteLength / (this.#float ? 8 : 4);
    const read = this.#float
      ? (i: number) => view.getFloat32(4 * i, true)
      : (i: number) => view.getInt16(2 * i, true) / 32_768;
    const left = new Float32Array(count);
    const right = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      left[i] = read(2 * i);
      right[i] = read(2 * i + 1);
    }
    this.#onChunk({ left, right, sample });
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

/** The decoder of a stream's format. */
export function createDecoder(
  { codec, pre_skip }: ResolvedFormat,
  options: Omit<DecoderOptions, "preSkip">,
): Decoder {
  const all = { ...options, preSkip: pre_skip };
  return codec === "opus"
    ? new OpusDecoder(all)
    : new PcmDecoder(all, { float: codec === "pcm_f32le" });
}
