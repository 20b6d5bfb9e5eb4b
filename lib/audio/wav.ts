/**
 * RIFF/WAVE header. A fixed header is all that streaming needs, and a muxer
 * would have to seek back to fill in the length. This module is browser
 * compatible.
 *
 * @module
 */

/** Bytes of the header that {@linkcode wavHeader} writes. */
export const WAV_HEADER_BYTES = 44;

/** Bytes of the chunk that tells samplers where to loop. */
export const WAV_LOOP_BYTES = 68;

/** MIDI note at which a sampler plays the audio as it is: middle C. */
const UNITY_NOTE = 60;

/** Most bytes of audio that the 32-bit sizes of RIFF can express. */
const MAX_DATA_BYTES = 2 ** 32 - 1 - (WAV_HEADER_BYTES + WAV_LOOP_BYTES - 8);

/** What follows the header. */
export interface WavHeaderOptions {
  /** Samples per channel, or null if unknown when the header is sent. */
  samples: number | null;
  /** 16-bit signed integers (default) or 32-bit floats, little-endian. */
  sampleFormat?: "s16" | "f32";
  /** Default 48000. */
  sampleRateHz?: number;
  /** Default 2. */
  channels?: number;
  /** Says by a `smpl` chunk that all of the audio loops; `samples` must be known. */
  loop?: boolean;
}

/**
 * Header of a WAVE file whose interleaved samples follow at once.
 *
 * With `samples: null` both sizes are 0xffffffff, which players read as "until
 * the end of the stream".
 *
 * @returns 44 bytes, 112 with a loop.
 * @throws {RangeError} If the audio would exceed the 4 GiB of RIFF, or is a loop
 * of unknown length.
 */
export function wavHeader(options: WavHeaderOptions): Uint8Array<ArrayBuffer> {
  const { samples, sampleFormat = "s16", sampleRateHz = 48_000, channels = 2 } =
    options;
  const sampleBytes = sampleFormat === "s16" ? 2 : 4;
  const blockBytes = channels * sampleBytes;
  const dataBytes = samples === null ? null : samples * blockBytes;
  if (dataBytes !== null && dataBytes > MAX_DATA_BYTES) {
    throw new RangeError(
      `Cannot write a WAVE header for ${samples} samples: at most ${
        Math.floor(MAX_DATA_BYTES / blockBytes)
      } fit`,
    );
  }
  const loopBytes = options.loop ? WAV_LOOP_BYTES : 0;
  const bytes = new Uint8Array(WAV_HEADER_BYTES + loopBytes);
  const view = new DataView(bytes.buffer);
  const text = new TextEncoder();
  bytes.set(text.encode("RIFF"), 0);
  view.setUint32(4, riffSize(dataBytes, loopBytes), true); // Bytes after this field
  bytes.set(text.encode("WAVEfmt "), 8);
  view.setUint32(16, 16, true); // Bytes of the format chunk
  view.setUint16(20, sampleFormat === "s16" ? 1 : 3, true); // PCM or IEEE float
  view.setUint16(22, channels, true); // Channels
  view.setUint32(24, sampleRateHz, true); // Sample rate
  view.setUint32(28, sampleRateHz * blockBytes, true); // Bytes per second
  view.setUint16(32, blockBytes, true); // Bytes per sample of all channels
  view.setUint16(34, 8 * sampleBytes, true); // Bits per sample
  if (options.loop) {
    if (samples === null) {
      throw new RangeError("Cannot write a WAVE loop of unknown length");
    }
    bytes.set(smplChunk(samples, sampleRateHz), 36);
  }
  bytes.set(text.encode("data"), 36 + loopBytes);
  view.setUint32(40 + loopBytes, dataBytes ?? 0xffffffff, true); // Bytes of audio
  return bytes;
}

/** Sampler chunk with one loop over everything. It goes before the audio, so that it can be streamed. */
function smplChunk(samples: number, sampleRateHz: number): Uint8Array {
  const bytes = new Uint8Array(WAV_LOOP_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("smpl"), 0);
  view.setUint32(4, WAV_LOOP_BYTES - 8, true); // Bytes after this field
  view.setUint32(16, Math.round(1e9 / sampleRateHz), true); // Sample period in ns
  view.setUint32(20, UNITY_NOTE, true); // MIDI unity note
  view.setUint32(36, 1, true); // Number of loops
  view.setUint32(48, 0, true); // Type: forward
  view.setUint32(52, 0, true); // First sample
  view.setUint32(56, samples - 1, true); // Last sample, played too
  view.setUint32(64, 0, true); // Play count: without end
  return bytes;
}

function riffSize(dataBytes: number | null, loopBytes: number): number {
  return dataBytes === null
    ? 0xffffffff
    : dataBytes + WAV_HEADER_BYTES + loopBytes - 8;
}
