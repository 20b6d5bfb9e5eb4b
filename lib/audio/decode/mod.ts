/**
 * Users' audio files in. Apart from the rest of the room: its libraries are
 * large, and whoever loads them should be a worker.
 *
 * @module
 */
export { AudioFileError, BROKEN } from "./decode_error.ts";
export { type AudioFileLimits, decodeAudioFile } from "./decode_file.ts";
export { AUDIO_FILES } from "./kind.ts";
export { estimateBpm } from "./tempo.ts";
