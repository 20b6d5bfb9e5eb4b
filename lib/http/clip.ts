/**
 * One piece as the body of a response.
 *
 * @module
 */
import { OggOpusWriter, WAV_HEADER_BYTES, wavHeader } from "../audio/mod.ts";
import type { AudioFormat, GenerateFormat } from "../protocol/mod.ts";
import { breathe } from "../session/breathe.ts";
import {
  createFrameEncoder,
  type FrameEncoder,
} from "../session/frame_encoder.ts";
import { Pacer } from "../session/pacer.ts";
import { Packetizer } from "../session/packetizer.ts";
import type { MusicStream } from "../stream/music_stream.ts";
import type { Telemetry } from "../telemetry.ts";
import { orAbort } from "../session/wait.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of one sample of both channels, s16. */
const SAMPLE_BYTES = 4;

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
): number | null {
  if (container === "ogg" || samples === null) return null;
  const header = container === "wav" ? WAV_HEADER_BYTES : 0;
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
  const container = openContainer(options, encoder);
  try {
    for (;;) {
      const deadlineMs = pacer.heardMs(packets.nextSample);
      const frame = await orAbort(packets.read({ deadlineMs }), signal);
      const encodingMs = performance.now();
      const payload = packets.encode(frame);
      pacer.start(performance.now());
      telemetry.time("encode", performance.now() - encodingMs);
      await container.add(payload);
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

function audioFormat(format: GenerateFormat): AudioFormat {
  return format.container === "ogg"
    ? { codec: "opus", bitrate: format.bitrate, frame_ms: format.frame_ms }
    : { codec: "pcm_s16le", frame_ms: 20 };
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
  { format, stream, comments }: ClipOptions,
  { opusHead, format: { frame_samples } }: FrameEncoder,
): Container {
  const ready: Bytes[] = [];
  const take = () => ready.splice(0);
  if (opusHead === null) {
    if (format.container === "wav") {
      ready.push(wavHeader({ samples: stream.totalSamples }));
    }
    const add = (payload: Bytes) => void ready.push(payload);
    return { add, finish() {}, take, close() {} };
  }
  const writer = new OggOpusWriter({
    opusHead,
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
