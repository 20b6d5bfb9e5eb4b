/**
 * A user's audio file as 48 kHz stereo.
 *
 * @module
 */
import { AudioFileError } from "./decode_error.ts";
import { AUDIO_FILES, audioFileKind } from "./kind.ts";
import { type Piece, pieces } from "./pieces.ts";
import { resample } from "./resample.ts";

const SAMPLE_RATE_HZ = 48_000;
/** Sample rates that are resampled. */
const MIN_RATE_HZ = 8_000;
const MAX_RATE_HZ = 192_000;

/** Limits of a file, in seconds. */
export interface AudioFileLimits {
  minSeconds: number;
  /** No more than this is decoded. */
  maxSeconds: number;
}

/**
 * Decodes a file; mono is heard on both sides.
 *
 * @throws {AudioFileError} If it is no file that is accepted.
 */
export async function decodeAudioFile(
  bytes: Uint8Array<ArrayBuffer>,
  { minSeconds, maxSeconds }: AudioFileLimits,
): Promise<{ left: Float32Array; right: Float32Array }> {
  const kind = audioFileKind(bytes);
  if (kind === null) {
    throw new AudioFileError(
      `The file is no audio file that is known, accepted: ${AUDIO_FILES}`,
      { unknownKind: true },
    );
  }
  const parts: Piece[] = [];
  let [samples, seconds] = [0, 0];
  for await (const piece of pieces(bytes, kind)) {
    checkShape(piece, parts[0] ?? piece);
    parts.push(piece);
    samples += piece.channels[0]!.length;
    seconds = samples / piece.sampleRateHz;
    if (seconds > maxSeconds) {
      throw new AudioFileError(
        `The clip is longer than ${maxSeconds} seconds, accepted: ${minSeconds} to ${maxSeconds} seconds`,
      );
    }
  }
  if (seconds < minSeconds) {
    throw new AudioFileError(
      `The clip has ${
        seconds.toFixed(3)
      } seconds, accepted: ${minSeconds} to ${maxSeconds} seconds`,
    );
  }
  const rate = parts[0]!.sampleRateHz;
  const channel = (index: number) =>
    resample(
      joined(parts.map(({ channels }) => channels[index]!)),
      rate,
      SAMPLE_RATE_HZ,
    );
  const left = await channel(0);
  const right = parts[0]!.channels.length > 1 ? await channel(1) : left.slice();
  if (left.every(Number.isFinite) && right.every(Number.isFinite)) {
    return { left, right };
  }
  throw new AudioFileError("The file is broken: a sample is not finite");
}

function checkShape({ channels, sampleRateHz }: Piece, first: Piece): void {
  if (channels.length > 2) {
    throw new AudioFileError(
      `The clip has ${channels.length} channels, accepted: 1 or 2`,
    );
  }
  if (!(sampleRateHz >= MIN_RATE_HZ && sampleRateHz <= MAX_RATE_HZ)) {
    throw new AudioFileError(
      `The clip has ${sampleRateHz} samples a second, accepted: ${MIN_RATE_HZ} to ${MAX_RATE_HZ}`,
    );
  }
  if (
    channels.length !== first.channels.length ||
    sampleRateHz !== first.sampleRateHz
  ) {
    throw new AudioFileError("The file changes its format midway");
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
