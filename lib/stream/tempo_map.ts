/**
 * Beats <-> samples. Time is counted in samples; beats are derived from the
 * start of the tempo segment in force, never accumulated, so nothing drifts.
 *
 * @module
 */

/** Samples a minute at 48 kHz. */
const SAMPLES_PER_MINUTE = 48_000 * 60;

/** Tempo changes remembered. */
const MAX_SEGMENTS = 256;

/** A tempo, and how it is reached. */
export interface TempoSegment {
  /** First sample of the segment. */
  sample: number;
  /** Its musical position, in beats. */
  beat: number;
  /** Tempo at its start, in beats a minute. */
  from: number;
  /** Tempo at the end of the ramp and after it. */
  to: number;
  /** Length of the linear ramp, in samples. */
  ramp: number;
}

/** Beats since the segment's start after `t` samples: the integral of the tempo. */
function beatsInto(segment: TempoSegment, t: number): number {
  const { from, to, ramp } = segment;
  if (ramp === 0) return t * to / SAMPLES_PER_MINUTE;
  const sloped = Math.min(t, ramp);
  const area = from * sloped + (to - from) * sloped * sloped / (2 * ramp);
  return (area + to * (t - sloped)) / SAMPLES_PER_MINUTE;
}

/** Samples since the segment's start until `beats` have passed. */
function samplesInto(segment: TempoSegment, beats: number): number {
  const { from, to, ramp } = segment;
  const area = beats * SAMPLES_PER_MINUTE;
  const ramped = (from + to) / 2 * ramp;
  if (area >= ramped) return ramp + (area - ramped) / to;
  if (from === to) return area / from;
  // Root of from t + (to - from) t^2 / (2 ramp) = area, in the form that does not cancel.
  const slope = (to - from) / ramp;
  return 2 * area / (from + Math.sqrt(from * from + 2 * slope * area));
}

/** Piecewise tempo with linear ramps, from sample 0 at beat 0 (and before, at the first tempo). */
export class TempoMap {
  #segments: TempoSegment[];

  /** @param bpm Tempo from sample 0 on, in beats a minute. */
  constructor(bpm: number) {
    this.#segments = [{ sample: 0, beat: 0, from: bpm, to: bpm, ramp: 0 }];
  }

  /** The same tempo again, out of `segments`. */
  static of(segments: readonly TempoSegment[]): TempoMap {
    const tempo = new TempoMap(1);
    tempo.#segments = [...segments];
    return tempo;
  }

  /** The parts that are remembered, in order. */
  get segments(): readonly TempoSegment[] {
    return this.#segments;
  }

  /** The same tempo, to be changed on its own. */
  copy(): TempoMap {
    return TempoMap.of(this.#segments);
  }

  #at(test: (segment: TempoSegment) => boolean): TempoSegment {
    return this.#segments.findLast(test) ?? this.#segments[0]!;
  }

  /** Musical position of a sample, in beats. */
  beatAt(sample: number): number {
    const segment = this.#at((s) => s.sample <= sample);
    return segment.beat + beatsInto(segment, sample - segment.sample);
  }

  /** The sample nearest to a musical position. */
  sampleAt(beat: number): number {
    const segment = this.#at((s) => s.beat <= beat);
    return Math.round(
      segment.sample + samplesInto(segment, beat - segment.beat),
    );
  }

  /** Tempo at a sample, in beats a minute. */
  bpmAt(sample: number): number {
    const { from, to, ramp, sample: start } = this.#at((s) =>
      s.sample <= sample
    );
    const t = sample - start;
    // Without a ramp there is nothing to divide by, not even before sample 0.
    if (ramp === 0 || t >= ramp) return to;
    return from + (to - from) * Math.max(0, t) / ramp;
  }

  /** The sample from which on the tempo stays as it is, as far as is planned. */
  get settledFrom(): number {
    const { sample, ramp } = this.#segments.at(-1)!;
    return sample + ramp;
  }

  /** Forgets what was changed from a sample on. */
  truncate(sample: number): void {
    this.#segments = this.#segments.filter((s, i) =>
      i === 0 || s.sample < sample
    );
  }

  /** Changes the tempo from `sample` on, linearly over `ramp` samples; what was planned after it is dropped. */
  change(sample: number, bpm: number, ramp: number): void {
    const from = this.bpmAt(sample);
    const beat = this.beatAt(sample);
    this.#segments = this.#segments.filter((s) => s.sample < sample);
    this.#segments.push({ sample, beat, from, to: bpm, ramp });
    // Nobody asks for what was heard long ago, and a stream may go on for days.
    if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift();
  }
}
