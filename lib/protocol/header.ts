/**
 * The 24-byte little-endian header of a binary audio frame.
 *
 * @module
 */

/** Length of the header, in bytes. */
export const AUDIO_HEADER_BYTES = 24;

/** The kind of a binary frame that holds audio. */
export const AUDIO_KIND = 1;

const FLAG_LAST = 1;
const FLAG_DISCONTINUITY = 2;

/** What a binary audio frame says of its payload. */
export interface AudioHeader {
  /** The last frame of the stream. */
  last: boolean;
  /** Audio queued before this frame is void. */
  discontinuity: boolean;
  /** The stream's number, from `started` (u16). */
  handle: number;
  /** From 0, without gaps (u32). */
  seq: number;
  /** Position of the payload's first sample in the stream, 48 kHz; for Opus of the encoder's input. */
  sample: number;
  /** Musical position of that sample, in beats from the stream's start. */
  beat: number;
}

/** A binary audio frame, taken apart. */
export interface AudioFrame extends AudioHeader {
  /** One Opus packet or one PCM frame; a view, not a copy. */
  payload: Uint8Array<ArrayBuffer>;
}

function check(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(
      `Cannot encode ${name} ${value}: accepted is a whole number from 0 to ${max}`,
    );
  }
}

/**
 * Writes a header.
 *
 * @param target Where to write, at least 24 bytes; a new array if absent.
 * @returns `target`.
 * @throws {RangeError} If a number does not fit its field or `target` is too short.
 */
export function encodeAudioHeader(
  header: AudioHeader,
  target: Uint8Array<ArrayBuffer> = new Uint8Array(AUDIO_HEADER_BYTES),
): Uint8Array<ArrayBuffer> {
  const { last, discontinuity, handle, seq, sample, beat } = header;
  check("handle", handle, 0xffff);
  check("seq", seq, 0xffffffff);
  check("sample", sample, Number.MAX_SAFE_INTEGER);
  const view = new DataView(
    target.buffer,
    target.byteOffset,
    target.byteLength,
  );
  view.setUint8(0, AUDIO_KIND);
  view.setUint8(
    1,
    (last ? FLAG_LAST : 0) | (discontinuity ? FLAG_DISCONTINUITY : 0),
  );
  view.setUint16(2, handle, true);
  view.setUint32(4, seq, true);
  view.setBigUint64(8, BigInt(sample), true);
  view.setFloat64(16, beat, true);
  return target;
}

/**
 * Header and payload in one array, ready to be sent.
 *
 * @throws {RangeError} If a number does not fit its field.
 */
export function encodeAudioFrame(
  header: AudioHeader,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(AUDIO_HEADER_BYTES + payload.byteLength);
  encodeAudioHeader(header, frame);
  frame.set(payload, AUDIO_HEADER_BYTES);
  return frame;
}

/**
 * Reads the header of a binary frame.
 *
 * @returns The header, or null if the frame is of a kind that is not known,
 * which a client ignores.
 * @throws {RangeError} If an audio frame is shorter than its header.
 */
export function decodeAudioHeader(
  frame: Uint8Array | ArrayBuffer,
): AudioHeader | null {
  const view = frame instanceof ArrayBuffer
    ? new DataView(frame)
    : new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.byteLength > 0 && view.getUint8(0) !== AUDIO_KIND) return null;
  if (view.byteLength < AUDIO_HEADER_BYTES) {
    throw new RangeError(
      `An audio frame of ${view.byteLength} bytes is too short: it has at ` +
        `least ${AUDIO_HEADER_BYTES}`,
    );
  }
  const flags = view.getUint8(1);
  return {
    last: (flags & FLAG_LAST) !== 0,
    discontinuity: (flags & FLAG_DISCONTINUITY) !== 0,
    handle: view.getUint16(2, true),
    seq: view.getUint32(4, true),
    sample: Number(view.getBigUint64(8, true)),
    beat: view.getFloat64(16, true),
  };
}

/**
 * Takes a binary frame apart.
 *
 * @returns The frame, or null if it is of a kind that is not known.
 * @throws {RangeError} If an audio frame is shorter than its header.
 */
export function decodeAudioFrame(frame: ArrayBuffer): AudioFrame | null {
  const header = decodeAudioHeader(frame);
  return header &&
    { ...header, payload: new Uint8Array(frame, AUDIO_HEADER_BYTES) };
}
