/**
 * The loudness of what is read, held, with what was known of it at each read
 * remembered, so that a stream can be gone on with a little earlier.
 *
 * @module
 */
import {
  type Loudness,
  LoudnessHold,
  type LoudnessState,
} from "../audio/loudness.ts";
import type { Stereo } from "./pcm_queue.ts";
import { LOOK_BACK_SAMPLES } from "./snapshot.ts";

/** Holds one stream's loudness, in the order in which it is read. */
export class LoudnessTrack {
  readonly #hold: LoudnessHold;
  #end: number;
  /** The state before each read. */
  #reads: { sample: number; state: LoudnessState }[] = [];

  /**
   * @param from First sample that is read.
   * @param state What an earlier track's `before(from)` gave, to go on from.
   */
  constructor(wanted: Loudness, from = 0, state?: LoudnessState) {
    this.#hold = new LoudnessHold(wanted, state);
    this.#end = from;
  }

  /** Changes what was read, in place; see {@linkcode LoudnessHold.process}. */
  process(
    { left, right }: Stereo,
    mayTurn: (sample: number) => boolean,
  ): void {
    const sample = this.#end;
    this.#reads.push({ sample, state: this.#hold.state });
    this.#hold.process(left, right, sample, mayTurn);
    this.#end += left.length;
    while (this.#reads[0]!.sample < this.#end - LOOK_BACK_SAMPLES) {
      this.#reads.shift();
    }
  }

  /** The state before `sample`, which is where a read began or the next begins. */
  before(sample: number): LoudnessState {
    if (sample >= this.#end) return this.#hold.state;
    const read = this.#reads.find((each) => each.sample >= sample);
    return read?.state ?? this.#hold.state;
  }
}
