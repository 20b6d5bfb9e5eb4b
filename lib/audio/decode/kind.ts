/** What is accepted, in words. */
export const AUDIO_FILES = "WAV, FLAC, Ogg Opus or Ogg Vorbis";

/** A kind of audio file. */
export type AudioFileKind = "wav" | "flac" | "opus" | "vorbis";

/** Bytes of the first Ogg page in which its codec is named. */
const OGG_HEAD_BYTES = 64;

/** Tells the kind of a file by its first bytes, or null; names and media types lie. */
export function audioFileKind(bytes: Uint8Array): AudioFileKind | null {
  const head = new TextDecoder("latin1").decode(
    bytes.subarray(0, OGG_HEAD_BYTES),
  );
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WAVE") return "wav";
  if (head.startsWith("fLaC")) return "flac";
  if (!head.startsWith("OggS")) return null;
  if (head.includes("OpusHead")) return "opus";
  if (head.includes("\x01vorbis")) return "vorbis";
  return head.includes("\x7fFLAC") ? "flac" : null;
}
