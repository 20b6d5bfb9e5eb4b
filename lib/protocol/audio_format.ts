/**
 * How audio is packed.
 *
 * @module
 */
import * as v from "valibot";
import { choice, integer, strict, words } from "./fields.ts";
import { CHANNELS, SAMPLE_RATE } from "./limits.ts";

/** Opus bit rate unless said, in bits a second. */
export const DEFAULT_BITRATE = 128_000;

/** Frame length unless said, in ms. */
export const DEFAULT_FRAME_MS = 20;

/** Opus bit rate. */
export const Bitrate = integer({
  min: 16_000,
  max: 510_000,
  description: "Opus bit rate, in bits a second; 128000 unless said. " +
    "Only with the codec opus.",
});

/** Length of a frame. */
export const FrameMs = choice(
  [10, 20, 40, 60],
  "Length of the audio in one binary frame, in ms; 20 unless said.",
);

const codec = choice(
  ["opus", "pcm_s16le", "pcm_f32le"],
  "Opus packets, or interleaved little-endian PCM: 16-bit integers or " +
    "32-bit floats. opus unless said.",
);
export type Codec = v.InferOutput<typeof codec>;

/** PCM has no bit rate to choose. */
export function bitrateFits(
  { codec, bitrate }: { codec: Codec; bitrate?: number | undefined },
): boolean {
  return codec === "opus" || bitrate === undefined;
}

/** What is accepted where `bitrateFits` is false. */
export const BITRATE_NEEDS_OPUS = 'no bitrate, or the codec "opus"';

/** What a client asks for; parsing fills in what is absent. */
export const AudioFormat = v.pipe(
  strict({
    codec: v.optional(codec, "opus"),
    bitrate: v.optional(Bitrate),
    frame_ms: v.optional(FrameMs, DEFAULT_FRAME_MS),
  }),
  v.forward(
    v.check((format) => bitrateFits(format), BITRATE_NEEDS_OPUS),
    ["bitrate"],
  ),
  v.description("How audio is packed into binary frames."),
  v.transform(({ codec, bitrate = DEFAULT_BITRATE, frame_ms }) =>
    codec === "opus" ? { codec, bitrate, frame_ms } : { codec, frame_ms }
  ),
);
export type AudioFormat = v.InferOutput<typeof AudioFormat>;

/** What `started` says: everything that a decoder has to know. */
export const ResolvedFormat = v.pipe(
  v.object({
    codec,
    bitrate: v.optional(Bitrate),
    frame_ms: FrameMs,
    sample_rate: v.pipe(
      v.literal(SAMPLE_RATE),
      v.description("Samples a second and channel."),
    ),
    channels: v.pipe(v.literal(CHANNELS), v.description("Left, right.")),
    frame_samples: integer({
      min: 1,
      description: "Samples per channel in one binary frame.",
    }),
    pre_skip: integer({
      min: 0,
      description: "Samples to drop from the start of the decoder's output " +
        "(48 kHz, RFC 7845); 0 for PCM.",
    }),
    opus_head: v.optional(
      words("The OpusHead of RFC 7845 section 5.1 in base64; only for Opus."),
    ),
  }),
  v.description("The format of the stream's binary frames, in full."),
);
export type ResolvedFormat = v.InferOutput<typeof ResolvedFormat>;
