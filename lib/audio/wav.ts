/**
 * RIFF/WAVE header. A fixed header is all that streaming needs, and a muxer
 * would have to seek back to fill in the length. This module is browser
 * compatible.
 *
 * @module
 */

/** Bytes of the header that {@linkcode wavHeader} writes. */
export const WAV_HEADER_BYTES = 44;

/** Most bytes of audio that the 32-bit sizes of RIFF can express. */
const MAX_DATA_BYTES = 2 ** 32 - 1 - (WAV_HEADER_BYTES - 8);

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
}

/**
 * Header of a WAVE file whose interleaved samples follow at once.
 *
 * With `samples: null` both sizes are 0xffffffff, which players read as "until
 * the end of the stream".
 *
 * @returns 44 bytes.
 * @throws {RangeError} If the audio would exceed the 4 GiB of RIFF.
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
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const text = new TextEncoder();
  bytes.set(text.encode("RIFF"), 0);
  view.setUint32(4, riffSize(dataBytes), true); // Bytes after this field
  bytes.set(text.encode("WAVEfmt "), 8);
  view.setUint32(16, 16, true); // Bytes of the format chunk
  view.setUint16(20, sampleFormat === "s16" ? 1 : 3, true); // PCM or IEEE float
  view.setUint16(22, channels, true); // Channels
  view.setUint32(24, sampleRateHz, true); // Sample rate
  view.setUint32(28, sampleRateHz * blockBytes, true); // Bytes per second
  view.setUint16(32, blockBytes, true); // Bytes per sample of all channels
  view.setUint16(34, 8 * sampleBytes, true); // Bits per sample
  bytes.set(text.encode("data"), 36);
  view.setUint32(40, dataBytes ?? 0xffffffff, true); // Bytes of audio
  return bytes;
}

function riffSize(dataBytes: number | null): number {
  return dataBytes === null ? 0xffffffff : dataBytes + WAV_HEADER_BYTES - 8;
}
