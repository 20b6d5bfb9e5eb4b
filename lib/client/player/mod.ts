/**
 * Plays a stream in a browser: decodes it, keeps the music flowing, tells the
 * beat, and records.
 *
 * @module
 */
export { Player, type PlayerOptions } from "./player.ts";
export { decodesOpus, playableFormat } from "./decoder.ts";
export type { BeatEvent } from "./beat_caller.ts";
export type { Recording } from "./recording.ts";
export type { Report } from "./worklet.ts";
export type { RingState } from "./ring_buffer.ts";
