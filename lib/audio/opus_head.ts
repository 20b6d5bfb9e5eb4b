/**
 * Identification header of an Opus stream. This module is browser compatible.
 *
 * @module
 */

/** Bytes of an OpusHead with channel mapping family 0. */
export const OPUS_HEAD_BYTES = 19;

/**
 * Writes the identification header of RFC 7845 section 5.1 with channel
 * mapping family 0 (mono or stereo, no mapping table), 48 kHz, no gain.
 *
 * @param options `channels`: 1 or 2. `preSkip`: samples at 48 kHz that a
 * decoder discards at the start, 0 to 65535.
 * @returns 19 bytes, also the codec description of WebCodecs.
 */
export function opusHead(
  options: { channels: 1 | 2; preSkip: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(OPUS_HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("OpusHead")); // Magic signature
  view.setUint8(8, 1); // Version
  view.setUint8(9, options.channels); // Output channel count
  view.setUint16(10, options.preSkip, true); // Pre-skip
  view.setUint32(12, 48_000, true); // Input sample rate
  view.setInt16(16, 0, true); // Output gain, Q7.8 dB
  view.setUint8(18, 0); // Channel mapping family
  return bytes;
}
