/**
 * Opus encoder: one 48 kHz stereo stream, one packet per frame.
 *
 * @module
 */
import { Encoder } from "@evan/opus";
import { opusHead } from "./opus_head.ts";

/** Frame lengths that one Opus packet can hold here: 10, 20, 40 and 60 ms. */
export const OPUS_FRAME_SAMPLES: readonly number[] = [480, 960, 1920, 2880];

/** Options of {@linkcode createOpusEncoder}. */
export interface OpusEncoderOptions {
  /** Target in bit/s over both channels, 16000 to 510000; VBR, constrained. */
  bitrate: number;
  /** Samples per channel in a packet: 480, 960, 1920 or 2880. */
  frameSamples: number;
  /**
   * Effort, 0 to 10. The default, 7, takes 30 % less time than 8 to 10 (0.10 ms
   * a packet of 20 ms instead of 0.14), for 0.15 dB of segmental signal-to-noise
   * ratio at 128 kbit/s.
   */
  complexity?: number;
}

/** Encoder with the state of one stream; packets must be sent in order. */
export interface OpusEncoder extends Disposable {
  /** Samples per channel in a packet. */
  readonly frameSamples: number;
  /** Samples at 48 kHz by which decoded audio lags; a decoder drops them first. */
  readonly preSkip: number;
  /** Identification header, RFC 7845 section 5.1, 19 bytes. */
  readonly opusHead: Uint8Array<ArrayBuffer>;
  /**
   * Encodes one frame. The bytes are the caller's own.
   *
   * @param interleaved left[0], right[0], ...: `2 * frameSamples` values.
   * @throws {RangeError} If the length is not that of a frame.
   * @throws {TypeError} If the encoder is closed.
   */
  encode(interleaved: Int16Array): Uint8Array<ArrayBuffer>;
  /** Gives the native encoder back. May be called twice. */
  close(): void;
}

// opus_defines.h
const OPUS_SET_BITRATE = 4002;
const OPUS_SET_COMPLEXITY = 4010;
const OPUS_SET_SIGNAL = 4024;
const OPUS_GET_LOOKAHEAD = 4027;
const OPUS_SIGNAL_MUSIC = 3002;

/**
 * Native encoders (55 kB each) that are used again: the binding cannot free them by
 * hand, and a garbage collector that does not see their size waits for long.
 */
const idle: Encoder[] = [];
const MOST_IDLE = 64;

/** An encoder without a past. */
function take(): Encoder {
  const used = idle.pop();
  used?.reset();
  return used ?? new Encoder({
    channels: 2,
    sample_rate: 48_000,
    application: "audio",
  });
}

/**
 * Opens an encoder. It is deterministic: equal frames give equal packets.
 *
 * @throws {RangeError} If an option is out of range.
 */
export function createOpusEncoder(options: OpusEncoderOptions): OpusEncoder {
  const { bitrate, frameSamples, complexity = 7 } = options;
  requireWithin("bitrate", bitrate, 16_000, 510_000);
  requireWithin("complexity", complexity, 0, 10);
  if (!OPUS_FRAME_SAMPLES.includes(frameSamples)) {
    throw new RangeError(
      `Cannot encode Opus frames of ${frameSamples} samples: must be one of ${
        OPUS_FRAME_SAMPLES.join(", ")
      }`,
    );
  }
  let encoder: Encoder | null = take();
  encoder.ctl(OPUS_SET_BITRATE, bitrate);
  encoder.ctl(OPUS_SET_COMPLEXITY, complexity);
  encoder.ctl(OPUS_SET_SIGNAL, OPUS_SIGNAL_MUSIC);
  const preSkip = encoder.ctl(OPUS_GET_LOOKAHEAD);

  function encode(interleaved: Int16Array): Uint8Array<ArrayBuffer> {
    if (encoder === null) {
      throw new TypeError("Cannot encode: the Opus encoder is closed");
    }
    // The binding infers the frame length from the byte length, so a wrong one
    // would give a packet of another duration instead of an error.
    if (interleaved.length !== 2 * frameSamples) {
      throw new RangeError(
        `Cannot encode ${interleaved.length} values: a frame has ${
          2 * frameSamples
        }`,
      );
    }
    return new Uint8Array(encoder.encode(interleaved));
  }

  function close(): void {
    if (encoder !== null && idle.length < MOST_IDLE) idle.push(encoder);
    encoder = null;
  }

  return {
    frameSamples,
    preSkip,
    opusHead: opusHead({ channels: 2, preSkip }),
    encode,
    close,
    [Symbol.dispose]: close,
  };
}

function requireWithin(
  name: string,
  value: number,
  min: number,
  max: number,
): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(
      `Cannot use Opus ${name} ${value}: must be an integer from ${min} to ${max}`,
    );
  }
}
