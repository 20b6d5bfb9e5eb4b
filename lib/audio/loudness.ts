/**
 * Loudness as it is heard (ITU-R BS.1770-4), and music that is held to it. This
 * module is browser compatible.
 *
 * @module
 */

/** A quarter of BS.1770's momentary block, 100 ms: how often loudness is looked at. */
const HOP_SAMPLES = 4800;

/** Over how much music loudness is averaged, in hops: 10 s. */
const AVERAGED_HOPS = 100;

/** How many hops of the wanted loudness are heard before the first: one beat of a drum says little. */
const FIRST_HOPS = 10;

/**
 * What is so much softer than wanted is a rest, not a change of level, in LU.
 * (BS.1770's gate hangs on what was heard before: a loud moment would make all
 * that follows a rest.)
 */
const REST_LU = 12;

/** The most that is taken away or added, in dB. */
const MOST_DOWN_DB = 12;
const MOST_UP_DB = 6;

/** How fast, in dB a hop: what is too loud hurts, what is too soft can wait. */
const DOWN_DB = 0.3;
const UP_DB = 0.05;

/** Loudness of one channel's mean square, or of the sum of both, after K-weighting. */
export function lufsOf(meanSquare: number): number {
  return -0.691 + 10 * Math.log10(meanSquare);
}

/** The same backwards. */
function meanSquareOf(lufs: number): number {
  return 10 ** ((lufs + 0.691) / 10);
}

/** What music is held to. */
export interface Loudness {
  /** Integrated loudness, in LUFS. */
  lufs: number;
  /** By how much it may be off before anything is done, in LU. */
  tolerance_lu: number;
}

/** All that a {@linkcode LoudnessHold} knows; plain data. */
export interface LoudnessState {
  /** Two second-order sections for each channel, two numbers each. */
  filter: readonly number[];
  /** Energy of the hop so far. */
  energy: number;
  /** Average mean square, and of how many hops it is. */
  average: number;
  hops: number;
  /** Gain at the beginning and at the end of the hop, in dB. */
  fromDb: number;
  toDb: number;
}

/**
 * The gain that brings a piece to a loudness as a whole, by what there is of it.
 *
 * @returns A factor, from -12 to +6 dB.
 */
export function levelGain(
  wanted: Loudness,
  left: Float32Array,
  right: Float32Array,
): number {
  const hold = new LoudnessHold(wanted);
  hold.process(left.slice(), right.slice(), 0, () => true);
  const off = lufsOf(hold.state.average) - wanted.lufs;
  return 10 ** (Math.min(MOST_UP_DB, Math.max(-MOST_DOWN_DB, -off)) / 20);
}

function startOf({ lufs }: Loudness): LoudnessState {
  return {
    filter: new Array(8).fill(0),
    energy: 0,
    average: meanSquareOf(lufs),
    hops: FIRST_HOPS,
    fromDb: 0,
    toDb: 0,
  };
}

/**
 * Energy of stereo samples [from, to), K-weighted at 48 kHz: a shelf of 4 dB
 * above 1.7 kHz, which is the head (BS.1770-4, table 1), then a high-pass at 38
 * Hz (table 2). Leaves the filters' eight numbers, four for each channel, in
 * `filter`. Both channels at once: a processor has them beside each other.
 */
function weighted(
  left: Float32Array,
  right: Float32Array,
  from: number,
  to: number,
  filter: number[],
): number {
  let [l1, l2, l3, l4, r1, r2, r3, r4] = filter as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  let energy = 0;
  for (let i = from; i < to; i++) {
    const l = left[i]!;
    const r = right[i]!;
    const lHead = 1.53512485958697 * l + l1;
    const rHead = 1.53512485958697 * r + r1;
    l1 = -2.69169618940638 * l + 1.69065929318241 * lHead + l2;
    r1 = -2.69169618940638 * r + 1.69065929318241 * rHead + r2;
    l2 = 1.19839281085285 * l - 0.73248077421585 * lHead;
    r2 = 1.19839281085285 * r - 0.73248077421585 * rHead;
    const lHigh = lHead + l3;
    const rHigh = rHead + r3;
    l3 = -2 * lHead + 1.99004745483398 * lHigh + l4;
    r3 = -2 * rHead + 1.99004745483398 * rHigh + r4;
    l4 = lHead - 0.99007225036621 * lHigh;
    r4 = rHead - 0.99007225036621 * rHigh;
    energy += lHigh * lHigh + rHigh * rHigh;
  }
  filter.splice(0, 8, l1, l2, l3, l4, r1, r2, r3, r4);
  return energy;
}

/**
 * Holds music that goes on and on to one loudness: too loud by more than the
 * tolerance, and it is turned down by what is too much, within seconds; too soft,
 * and it is turned up, slowly. Rests and what is inside the tolerance are left
 * alone, so that music keeps its dynamics. What comes out depends on the samples
 * before it only, however they are cut.
 */
export class LoudnessHold {
  readonly #wanted: Loudness;
  #filter: number[];
  #energy: number;
  #average: number;
  #hops: number;
  #fromDb: number;
  #toDb: number;

  /** @param state What an earlier one's `state` was, to go on from. */
  constructor(wanted: Loudness, state: LoudnessState = startOf(wanted)) {
    this.#wanted = wanted;
    this.#filter = [...state.filter];
    this.#energy = state.energy;
    this.#average = state.average;
    this.#hops = state.hops;
    this.#fromDb = state.fromDb;
    this.#toDb = state.toDb;
  }

  /** What another has to know to go on with the next sample. */
  get state(): LoudnessState {
    return {
      filter: [...this.#filter],
      energy: this.#energy,
      average: this.#average,
      hops: this.#hops,
      fromDb: this.#fromDb,
      toDb: this.#toDb,
    };
  }

  /**
   * Changes stereo samples in place; they have to come in order, from sample 0 on.
   *
   * @param sample Position of the first one.
   * @param mayTurn Asked for the position of each hop: false leaves the gain as it is, where the level is meant.
   */
  process(
    left: Float32Array,
    right: Float32Array,
    sample: number,
    mayTurn: (sample: number) => boolean,
  ): void {
    let from = 0;
    while (from < left.length) {
      const into = (sample + from) % HOP_SAMPLES;
      if (into === 0 && sample + from > 0) this.#turn(mayTurn(sample + from));
      const to = Math.min(left.length, from + HOP_SAMPLES - into);
      this.#energy += weighted(left, right, from, to, this.#filter);
      this.#amplify(left, right, from, to, into);
      from = to;
    }
  }

  /** At the end of a hop: what it was like, and where the gain goes during the next. */
  #turn(may: boolean): void {
    const power = this.#energy / HOP_SAMPLES;
    this.#energy = 0;
    // Else silence would run the filters into numbers that are slow to compute with.
    if (power < 1e-20) this.#filter.fill(0);
    this.#fromDb = this.#toDb;
    const { lufs, tolerance_lu } = this.#wanted;
    if (!may || lufsOf(power) < lufs - REST_LU) return;
    this.#hops = Math.min(this.#hops + 1, AVERAGED_HOPS);
    this.#average += (power - this.#average) / this.#hops;
    const off = lufsOf(this.#average) - lufs;
    const tooMuch = Math.sign(off) * Math.max(0, Math.abs(off) - tolerance_lu);
    const wantedDb = Math.min(MOST_UP_DB, Math.max(-MOST_DOWN_DB, -tooMuch));
    const step = wantedDb - this.#toDb;
    this.#toDb += Math.min(UP_DB, Math.max(-DOWN_DB, step));
  }

  #amplify(
    left: Float32Array,
    right: Float32Array,
    from: number,
    to: number,
    into: number,
  ): void {
    if (this.#fromDb === 0 && this.#toDb === 0) return;
    const first = 10 ** (this.#fromDb / 20);
    const slope = (10 ** (this.#toDb / 20) - first) / HOP_SAMPLES;
    for (let i = from; i < to; i++) {
      const gain = first + slope * (into + i - from);
      left[i] = left[i]! * gain;
      right[i] = right[i]! * gain;
    }
  }
}
