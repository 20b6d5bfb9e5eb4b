/**
 * The numbers that both ends of the wire agree on.
 *
 * @module
 */

/** The WebSocket subprotocol, and what `hello.protocol` says. */
export const PROTOCOL = "prestissimo.v1";

/** Sample rate of everything that is sent, in Hz. */
export const SAMPLE_RATE = 48_000;

/** Channels of everything that is sent, interleaved left, right. */
export const CHANNELS = 2;

/** What a client may ask for at most; `hello.limits` repeats it. */
export const LIMITS = {
  /** Streams on one connection. */
  streams: 8,
  /** Prompts in one mix. */
  prompts: 8,
  /** UTF-16 code units of one prompt's text, after trimming. */
  prompt_chars: 500,
  /** Bytes of one text frame, UTF-8. */
  message_bytes: 65_536,
  /** Length of a finite piece, in seconds. */
  seconds: 3600,
} as const;

/** Sampling steps, at most. */
export const MAX_STEPS = 8;

/** Length of a finite piece, in bars, at most. */
export const MAX_BARS = 1024;

/** Chords in one progression, at most. */
export const MAX_CHORDS = 64;
