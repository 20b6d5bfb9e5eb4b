/**
 * Finds the beats among a stream's packets, and when they are heard. Times are
 * on the `performance.now()` clock, in ms; nothing here reads it.
 *
 * @module
 */
import { SAMPLE_RATE } from "../protocol/mod.ts";

/** One beat to come. */
export interface ComingBeat {
  /** From 0 at the stream's start. */
  beat: number;
  /** When it is heard by a listener who plays at once. */
  heardMs: number;
}

/** Rounding of a tempo that is measured between two packets, in digits after the point. */
const BPM_DIGITS = 3;
/** A beat this little before a packet was found in the packet before it. */
const EPSILON = 1e-9;

/** Follows one stream from its first packet on. */
export class BeatCaller {
  #last: { sample: number; beat: number } | null = null;
  /** When sample 0 is heard. */
  #zeroMs = 0;
  #bpm: number | null = null;

  /** Tempo of the newest packets in beats a minute, null before the second one. */
  get bpm(): number | null {
    return this.#bpm;
  }

  /**
   * Takes the position of the next packet.
   *
   * @returns The beats between the packet before it, exclusively, and it.
   */
  packet(
    { sample, beat }: { sample: number; beat: number },
    nowMs: number,
  ): ComingBeat[] {
    const last = this.#last;
    this.#last = { sample, beat };
    if (last === null) {
      this.#zeroMs = nowMs - sample * 1000 / SAMPLE_RATE;
      const first = Math.ceil(beat - EPSILON);
      return first - beat < EPSILON
        ? [{ beat: first, heardMs: this.#heardMs(sample) }]
        : [];
    }
    // The server was late, and its listeners with it.
    this.#zeroMs += Math.max(0, nowMs - this.#heardMs(sample));
    const beats = beat - last.beat;
    const samples = sample - last.sample;
    if (beats <= 0 || samples <= 0) return [];
    const bpm = beats / samples * SAMPLE_RATE * 60;
    this.#bpm = Number(bpm.toFixed(BPM_DIGITS));
    const found: ComingBeat[] = [];
    const from = Math.floor(last.beat + EPSILON) + 1;
    for (let k = from; k <= beat + EPSILON; k++) {
      const at = last.sample + (k - last.beat) / beats * samples;
      found.push({ beat: k, heardMs: this.#heardMs(at) });
    }
    return found;
  }

  #heardMs(sample: number): number {
    return this.#zeroMs + sample * 1000 / SAMPLE_RATE;
  }
}
