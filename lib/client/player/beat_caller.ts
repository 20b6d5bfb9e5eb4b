/**
 * Calls when a beat is heard.
 *
 * @module
 */

/** A beat that is heard now. */
export interface BeatEvent {
  /** Whole beats since the stream's start. */
  beat: number;
  /** When it is due on the audio clock, in seconds. */
  contextTime: number;
}

/** Where in the music a moment is. */
export interface BeatSource {
  /** Beat at a time of the audio clock, in seconds; null if nothing plays. */
  beatAt(contextTime: number): number | null;
  /** The time of the audio clock that a beat is due at, in seconds. */
  timeOf(beat: number): number | null;
}

/** How far ahead beats are looked for, in seconds: longer than between reports. */
const AHEAD_SECONDS = 0.1;

/** Calls listeners once for each beat. */
export class BeatCaller {
  readonly #source: BeatSource;
  readonly #listeners = new Set<(event: BeatEvent) => void>();
  /** The last beat that was called or is about to be. */
  #last = -1;

  constructor(source: BeatSource) {
    this.#source = source;
  }

  /** Calls `listener` on every beat; returns how to stop that. */
  on(listener: (event: BeatEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Another piece begins: its beats are counted anew. */
  restart(): void {
    this.#last = -1;
  }

  /**
   * Looks for beats that are due soon.
   *
   * @param reportTime What the audio thread has told of, on the audio clock, in
   * seconds. It may have told late.
   * @param heardTime What is heard now, on the same clock.
   */
  look(reportTime: number, heardTime: number): void {
    const from = this.#source.beatAt(reportTime - AHEAD_SECONDS);
    const to = this.#source.beatAt(heardTime + AHEAD_SECONDS);
    if (from === null || to === null) return;
    const first = Math.max(this.#last + 1, Math.ceil(from), 0);
    // What is not here yet, or beyond the end, does not count.
    for (let beat = first; beat < to - 1e-6; beat++) {
      const contextTime = this.#source.timeOf(beat);
      this.#last = beat;
      if (contextTime === null) continue;
      const waitMs = 1000 * (contextTime - heardTime);
      setTimeout(() => this.#call({ beat, contextTime }), waitMs);
    }
  }

  #call(event: BeatEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
