/**
 * How a stream's beat is brought onto a clock from outside: by tempo alone, so
 * that no sample is lost or repeated.
 *
 * @module
 */
import type { TempoMap } from "./tempo_map.ts";

/** A clock in the stream's own time: a musical position, and how it goes on. */
export interface BeatClock {
  /** The sample at which it is at `beat`; may lie anywhere. */
  sample: number;
  /** In beats; its bars begin at multiples of the meter. */
  beat: number;
  /** Beats a minute. */
  bpm: number;
}

/** A tempo for a while, after which the stream keeps to the clock's. */
export interface Bend {
  bpm: number;
  /** How long, in samples. */
  samples: number;
}

const SAMPLES_PER_MINUTE = 48_000 * 60;
/** Tempi that a stream can have, in beats a minute. */
const MIN_BPM = 40;
const MAX_BPM = 240;
/** The most that the tempo is bent, as a share of it. */
const MOST_BEND = 0.2;
/** A bend takes at least so long, in beats. */
const LEAST_BEATS = 1;
/** An error that is not corrected, in samples (3 ms): every correction makes music anew. */
const TOLERANCE = 144;
/** How far ahead the error is to be no larger, in samples (4 s). */
const HORIZON = 4 * 48_000;

/** How far the stream is behind the clock at a sample, in beats: at most half a bar either way. */
export function behind(
  tempo: TempoMap,
  clock: BeatClock,
  at: number,
  meter: number,
): number {
  const beat = clock.beat + (at - clock.sample) * clock.bpm /
      SAMPLES_PER_MINUTE;
  const off = beat - tempo.beatAt(at);
  return off - Math.round(off / meter) * meter;
}

/**
 * The tempo with which the stream catches up with the clock from a sample on.
 *
 * @param hop The bend's length is a multiple of this, in samples: where music is
 * made anew on the grid of latent frames, nothing has to be blended.
 * @returns Null if it is near enough and stays so for a while.
 */
export function bendTo(
  tempo: TempoMap,
  clock: BeatClock,
  at: number,
  { meter, hop }: { meter: number; hop: number },
): Bend | null {
  const { bpm } = clock;
  const beatSamples = SAMPLES_PER_MINUTE / bpm;
  // The tempo may be about to change on its way to this clock.
  const settled = Math.max(at, tempo.settledFrom);
  const near = [settled, settled + HORIZON].every((sample) =>
    Math.abs(behind(tempo, clock, sample, meter)) * beatSamples <= TOLERANCE
  );
  if (near) return null;
  const gain = reachable(behind(tempo, clock, at, meter), bpm, meter);
  const least = Math.max(LEAST_BEATS, Math.abs(gain) / MOST_BEND);
  const samples = Math.ceil(least * beatSamples / hop) * hop;
  const beats = samples / beatSamples;
  return { bpm: bpm * (beats + gain) / beats, samples };
}

/** The same error the other way round the bar, where the tempo cannot be bent that way. */
function reachable(off: number, bpm: number, meter: number): number {
  if (off > 0 && bpm * (1 + MOST_BEND) > MAX_BPM) return off - meter;
  if (off < 0 && bpm * (1 - MOST_BEND) < MIN_BPM) return off + meter;
  return off;
}
