/**
 * One frame of PCM to one payload, in the format that a stream was asked for.
 *
 * @module
 */
import {
  createOpusEncoder,
  interleaveF32,
  interleaveS16,
} from "../audio/mod.ts";
import {
  type AudioFormat,
  CHANNELS,
  type ResolvedFormat,
  SAMPLE_RATE,
} from "../protocol/mod.ts";

/** PCM of one frame, already guarded. */
export interface PlanarFrame {
  left: Float32Array;
  right: Float32Array;
  /** The same, interleaved: what receipts hash and Opus encodes. */
  s16: Int16Array<ArrayBuffer>;
}

/** Payloads of one stream, in order. */
export interface FrameEncoder {
  /** What `started` says. */
  readonly format: ResolvedFormat;
  /** Identification header, or null if the format is PCM. */
  readonly opusHead: Uint8Array<ArrayBuffer> | null;
  /** True if a frame must be full, so that a short one has to be padded. */
  readonly whole: boolean;
  encode(frame: PlanarFrame): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Opens the encoder of a format. */
export function createFrameEncoder(format: AudioFormat): FrameEncoder {
  const frameSamples = format.frame_ms * SAMPLE_RATE / 1000;
  const common = {
    frame_ms: format.frame_ms,
    sample_rate: SAMPLE_RATE,
    channels: CHANNELS,
    frame_samples: frameSamples,
  } as const;
  if (format.codec !== "opus") {
    const float = format.codec === "pcm_f32le";
    return {
      format: { ...common, codec: format.codec, pre_skip: 0 },
      opusHead: null,
      whole: false,
      encode: ({ left, right, s16 }) =>
        bytesOf(float ? interleaveF32(left, right) : s16),
      close() {},
    };
  }
  const { bitrate } = format;
  const encoder = createOpusEncoder({ bitrate, frameSamples });
  return {
    format: {
      ...common,
      codec: "opus",
      bitrate,
      pre_skip: encoder.preSkip,
      opus_head: encoder.opusHead.toBase64(),
    },
    opusHead: encoder.opusHead,
    whole: true,
    encode: ({ s16 }) => encoder.encode(s16),
    close: () => encoder.close(),
  };
}

/** PCM as planar frame. */
export function planarFrame(
  left: Float32Array,
  right: Float32Array,
): PlanarFrame {
  return { left, right, s16: interleaveS16(left, right) };
}

/** The bytes of samples, shared. Every platform that Deno runs on is little-endian. */
export function bytesOf(
  samples: Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    samples.buffer,
    samples.byteOffset,
    samples.byteLength,
  );
}
