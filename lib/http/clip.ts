/**
 * One piece as the body of a response.
 *
 * @module
 */
import {
  guardPeaks,
  OggOpusWriter,
  opusHead,
  WAV_HEADER_BYTES,
  WAV_LOOP_BYTES,
  wavHeader,
} from "../audio/mod.ts";
import type { AudioFormat, GenerateFormat } from "../protocol/mod.ts";
import { breathe } from "../session/breathe.ts";
import {
  createFrameEncoder,
  type FrameEncoder,
  planarFrame,
} from "../session/frame_encoder.ts";
import { Pacer } from "../session/pacer.ts";
import { Packetizer } from "../session/packetizer.ts";
import type { MusicStream } from "../stream/music_stream.ts";
import type { Telemetry } from "../telemetry.ts";
import type { StreamTrace } from "../tracing.ts";
import { orAbort } from "../session/wait.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of one sample of both channels, s16. */
const SAMPLE_BYTES = 4;

/**
 * Audio that an Opus loop's decoder hears before sample 0, at least: RFC 7845
 * (section 4.6) counts on 80 ms until it is in the same state as the encoder.
 */
const PREROLL_SAMPLES = 3840;

/** Media types of what `/v1/generate` makes. */
export const MEDIA_TYPES: Readonly<
  Record<GenerateFormat["container"], string>
> = {
  ogg: "audio/ogg; codecs=opus",
  wav: "audio/wav",
  pcm_s16le: "application/octet-stream",
};

/** Length of the body in bytes, or null if it is known only at the end. */
export function clipBytes(
  container: GenerateFormat["container"],
  samples: number | null,
  loop: boolean,
): number | null {
  if (container === "ogg" || samples === null) return null;
  const header = container === "wav"
    ? WAV_HEADER_BYTES + (loop ? WAV_LOOP_BYTES : 0)
    : 0;
  return header + samples * SAMPLE_BYTES;
}

/** Options of {@linkcode clip}. */
export interface ClipOptions {
  stream: MusicStream;
  format: GenerateFormat;
  /** The end runs into the start. */
  loop: boolean;
  /** Name and value of comments in the file. */
  comments: Record<string, string>;
  /** When it was asked for (performance.now clock). */
  receivedMs: number;
  signal: AbortSignal;
  telemetry: Telemetry;
  /** Null if nobody records it. */
  trace?: StreamTrace | null;
}

/**
 * Makes the body, as it is asked for. The stream is cancelled when the body
 * ends, however it ends.
 *
 * @throws The reason of the signal once it is aborted.
 */
export async function* clip(options: ClipOptions): AsyncGenerator<Bytes, void> {
  const { stream, format, signal, telemetry } = options;
  const encoder = createFrameEncoder(audioFormat(format));
  const packets = new Packetizer(stream, encoder, options);
  const pacer = new Pacer({
    pace: "asap",
    leadMs: 0,
    frameMs: encoder.format.frame_ms,
    nowMs: options.receivedMs,
  });
  const prerollFrames = encoder.whole && options.loop
    ? Math.ceil(PREROLL_SAMPLES / encoder.format.frame_samples)
    : 0;
  const container = openContainer(options, encoder, prerollFrames);
  try {
    if (prerollFrames > 0) {
      for (const payload of await encodeLead(options, encoder, prerollFrames)) {
        await container.add(payload);
      }
    }
    for (;;) {
      const deadlineMs = pacer.heardMs(packets.nextSample);
      const frame = await orAbort(packets.read({ deadlineMs }), signal);
      const encodingMs = performance.now();
      const payload = packets.encode(frame);
      pacer.start(performance.now());
      const encodedMs = performance.now();
      telemetry.time("encode", encodedMs - encodingMs);
      await container.add(payload);
      const { seq, sample, last } = frame;
      options.trace?.packet({
        ...{ seq, sample, last, encodeMs: encodingMs, encodedMs },
        sentMs: performance.now(),
      });
      const { end } = packets;
      if (end !== null) await container.finish(end.endTrim);
      yield* container.take();
      if (end !== null) return;
      await breathe();
    }
  } finally {
    stream.cancel();
    encoder.close();
    await container.close();
  }
}

/**
 * Encodes what comes before a loop: whoever repeats the decoded audio hears at
 * its start what the codec would have made of the end running on.
 */
async function encodeLead(
  { stream, signal, receivedMs }: ClipOptions,
  encoder: FrameEncoder,
  frames: number,
): Promise<Bytes[]> {
  const size = encoder.format.frame_samples;
  const reading = stream.lead(frames * size, { deadlineMs: receivedMs });
  const lead = await orAbort(reading, signal);
  if (lead === null) {
    throw new TypeError("The stream of a loop does not loop");
  }
  guardPeaks(lead.left);
  guardPeaks(lead.right);
  return Array.from({ length: frames }, (_, i) => {
    const cut = (channel: Float32Array) =>
      channel.subarray(i * size, (i + 1) * size);
    return encoder.encode(planarFrame(cut(lead.left), cut(lead.right)));
  });
}

function audioFormat(format: GenerateFormat): AudioFormat {
  return format.container === "ogg"
    ? { codec: "opus", bitrate: format.bitrate, frame_ms: format.frame_ms }
    // As long as a frame may be: each costs a turn of its own to read and to send.
    : { codec: "pcm_s16le", frame_ms: 60 };
}

/** Payloads in, bytes of a file out. */
interface Container {
  add(payload: Bytes): void | Promise<void>;
  finish(endTrim: number): void | Promise<void>;
  /** What is ready. */
  take(): Bytes[];
  close(): void | Promise<void>;
}

function openContainer(
  { format, stream, comments, loop }: ClipOptions,
  encoder: FrameEncoder,
  prerollFrames: number,
): Container {
  const { frame_samples, pre_skip } = encoder.format;
  const ready: Bytes[] = [];
  const take = () => ready.splice(0);
  if (encoder.opusHead === null) {
    if (format.container === "wav") {
      ready.push(wavHeader({ samples: stream.totalSamples, loop }));
    }
    const add = (payload: Bytes) => void ready.push(payload);
    return { add, finish() {}, take, close() {} };
  }
  const writer = new OggOpusWriter({
    opusHead: opusHead({
      channels: 2,
      preSkip: pre_skip + prerollFrames * frame_samples,
    }),
    frameSamples: frame_samples,
    comments,
    write: (bytes) => void ready.push(bytes.slice()),
  });
  let finished = false;
  return {
    add: (payload) => writer.add(payload),
    async finish(endTrim) {
      await writer.finish({ endTrim });
      finished = true;
    },
    take,
    async close() {
      if (!finished) await writer.abort();
    },
  };
}
