/**
 * Makes a stream that may be played.
 *
 * @module
 */
import { LIMITS, SAMPLE_RATE } from "../protocol/mod.ts";
import type {
  CreateStream,
  MusicStream,
  StreamOptions,
} from "../stream/music_stream.ts";
import { Refusal } from "./refusal.ts";

/**
 * Opens a stream.
 *
 * @throws {Refusal} `unsupported` if the model cannot do it, `bad_message` if it
 * would be too long: that of bars is known only with the tempo.
 * @throws The reason of `signal` once it is aborted.
 */
export async function openStream(
  createStream: CreateStream,
  piece: StreamOptions,
  signal: AbortSignal,
): Promise<MusicStream> {
  const stream = await create(createStream, piece, signal);
  if (signal.aborted) {
    stream.cancel();
    throw signal.reason;
  }
  const seconds = (stream.totalSamples ?? 0) / SAMPLE_RATE;
  if (seconds <= LIMITS.seconds) return stream;
  stream.cancel();
  throw new Refusal(
    "bad_message",
    `duration is ${
      seconds.toFixed(1)
    } seconds at ${stream.bpm} beats a minute, accepted: at most ${LIMITS.seconds}`,
    { param: "duration" },
  );
}

async function create(
  createStream: CreateStream,
  piece: StreamOptions,
  signal: AbortSignal,
): Promise<MusicStream> {
  try {
    return await createStream(piece, { signal });
  } catch (thrown) {
    // Only the package knows for how many steps it has a schedule.
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new Refusal("unsupported", thrown.message);
  }
}
