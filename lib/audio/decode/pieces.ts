/**
 * Files to PCM, piece by piece, so that whoever reads can stop: a small file may
 * hold hours of silence.
 *
 * @module
 */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { OggVorbisDecoder } from "@wasm-audio-decoders/ogg-vorbis";
import { AudioSampleSink, BufferSource, Input, WAVE } from "mediabunny";
import { OggOpusDecoder } from "ogg-opus-decoder";
import { AudioFileError, BROKEN } from "./decode_error.ts";
import type { AudioFileKind } from "./kind.ts";
import { wholePages } from "./whole_pages.ts";

/** Bytes decoded at once: of FLAC even these may be minutes. */
const STEP_BYTES = 1024;

/** Decoded audio. */
export interface Piece {
  /** Samples of each channel. */
  channels: Float32Array[];
  sampleRateHz: number;
}

/** What the decoders have in common. */
interface Decoder {
  ready: Promise<void>;
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  flush(): Decoded | Promise<Decoded>;
  free(): void;
}

interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: { message: string }[];
}

const DECODERS: Record<Exclude<AudioFileKind, "wav">, () => Decoder> = {
  flac: () => new FLACDecoder(),
  opus: () => new OggOpusDecoder(),
  vorbis: () => new OggVorbisDecoder(),
};

/**
 * Decodes a file.
 *
 * @throws {AudioFileError} Where it is broken.
 */
export function pieces(
  bytes: Uint8Array<ArrayBuffer>,
  kind: AudioFileKind,
): AsyncGenerator<Piece, void> {
  return kind === "wav"
    ? wavPieces(bytes)
    : coded(wholePages(bytes), DECODERS[kind]());
}

async function* coded(
  bytes: Uint8Array,
  decoder: Decoder,
): AsyncGenerator<Piece, void> {
  await decoder.ready;
  try {
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      const step = bytes.subarray(at, at + STEP_BYTES);
      yield* pieceOf(await decoder.decode(step));
    }
    yield* pieceOf(await decoder.flush());
  } finally {
    decoder.free();
  }
}

function* pieceOf(decoded: Decoded): Generator<Piece, void> {
  const { channelData, samplesDecoded, sampleRate, errors } = decoded;
  const [fault] = errors;
  // What a library says of it is for its makers.
  if (fault) throw new AudioFileError(BROKEN);
  if (samplesDecoded === 0) return;
  yield { channels: channelData, sampleRateHz: sampleRate };
}

async function* wavPieces(
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Piece, void> {
  const source = new BufferSource(bytes);
  using input = new Input({ source, formats: [WAVE] });
  try {
    const track = await input.getPrimaryAudioTrack();
    if (track === null || !await track.canDecode()) {
      throw new AudioFileError(
        "The WAV file holds no PCM, accepted: integers or floats",
      );
    }
    for await (const sample of new AudioSampleSink(track).samples()) {
      const channels = Array.from(
        { length: sample.numberOfChannels },
        (_, planeIndex) => {
          const plane = new Float32Array(sample.numberOfFrames);
          sample.copyTo(plane, { planeIndex, format: "f32-planar" });
          return plane;
        },
      );
      const sampleRateHz = sample.sampleRate;
      sample.close();
      yield { channels, sampleRateHz };
    }
  } catch (error) {
    if (error instanceof AudioFileError) throw error;
    throw new AudioFileError("The WAV file is broken: it cannot be decoded");
  }
}
