/**
 * Where in the music a sample is, from what the frames say.
 *
 * @module
 */

/** A sample whose musical position is known. */
interface Anchor {
  sample: number;
  beat: number;
}

/** Anchors to remember: 20 s of 20 ms frames. */
const MEMORY = 1000;

/** Beats by sample: exact at the frames' starts, straight lines in between. */
export class BeatClock {
  #anchors: Anchor[] = [];

  /** Takes what a frame's header says; frames come in order. */
  add(sample: number, beat: number): void {
    const last = this.#anchors.at(-1);
    if (last && sample <= last.sample) this.#anchors = [];
    this.#anchors.push({ sample, beat });
    if (this.#anchors.length > MEMORY) this.#anchors.splice(0, MEMORY / 2);
  }

  /** Musical position in beats; null as long as nothing is known. */
  beatAt(sample: number): number | null {
    const pair = this.#around(sample);
    if (!pair) return null;
    const [a, b] = pair;
    return a.beat + (sample - a.sample) * slope(a, b);
  }

  /** Tempo in beats a minute; null as long as nothing is known. */
  bpmAt(sample: number): number | null {
    const pair = this.#around(sample);
    return pair && slope(...pair) * 48_000 * 60;
  }

  /** The sample at a musical position; null as long as nothing is known. */
  sampleAt(beat: number): number | null {
    if (this.#anchors.length < 2) return null;
    const next = this.#anchors.findIndex((anchor) => anchor.beat > beat);
    const last = this.#anchors.length - 1;
    const after = next < 0 ? last : Math.max(1, next);
    const [a, b] = [this.#anchors[after - 1]!, this.#anchors[after]!];
    return a.sample + (beat - a.beat) / slope(a, b);
  }

  /** The frames before and after a sample, or the nearest two. */
  #around(sample: number): [Anchor, Anchor] | null {
    if (this.#anchors.length < 2) return null;
    const next = this.#anchors.findIndex((anchor) => anchor.sample > sample);
    const last = this.#anchors.length - 1;
    const after = next < 0 ? last : Math.max(1, next);
    return [this.#anchors[after - 1]!, this.#anchors[after]!];
  }
}

/** Beats a sample. */
function slope(a: Anchor, b: Anchor): number {
  return (b.beat - a.beat) / (b.sample - a.sample);
}
