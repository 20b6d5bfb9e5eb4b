/**
 * One piece of music: blocks, the beat grid, controls over time.
 *
 * @module
 */
export { createStream } from "./create_stream.ts";
export type { BeatClock } from "./follow.ts";
export type * from "./music_stream.ts";
export { openingSamples } from "./opening.ts";
