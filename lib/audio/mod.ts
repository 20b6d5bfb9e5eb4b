/**
 * From planar float PCM to what leaves the server.
 *
 * @module
 */
export * from "./guard.ts";
export * from "./loudness.ts";
export * from "./ogg.ts";
export * from "./ogg_page.ts";
export * from "./opus_encoder.ts";
export * from "./opus_head.ts";
export * from "./pcm.ts";
export * from "./wav.ts";
