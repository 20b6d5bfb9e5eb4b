/**
 * The last stop before the loudspeaker: stereo samples in order, and what to do
 * when they run out. Nothing here allocates while playing, and nothing throws.
 *
 * @module
 */

/** Length of the crossfade when one piece takes over from another, in samples. */
const CROSSFADE = 480;

/** Length of the fade around a pause, in samples. */
const FADE = 240;

/** What is collected before playing is halved after this long without a gap. */
const CALM = 30 * 48_000;

/** What the buffer is doing. */
export type RingState =
  /** Collecting until there is enough to start. */
  | "filling"
  | "playing"
  /** Told that nothing more comes. */
  | "ending";

/** A ring of stereo samples that counts how often it ran dry. */
export class RingBuffer {
  /** How often samples were due and not there. */
  underruns = 0;
  /** Samples that have been read, without silence. */
  framesPlayed = 0;
  /** Position in the stream of the next sample to be read. */
  sample = 0;
  state: RingState = "filling";

  readonly #left: Float32Array;
  readonly #right: Float32Array;
  readonly #tail = [new Float32Array(CROSSFADE), new Float32Array(CROSSFADE)];
  readonly #capacity: number;
  /** Samples to collect before playing, at least. */
  readonly #least: number;
  #threshold: number;
  /** Samples played since the last gap, or since less was collected. */
  #calm = 0;
  #read = 0;
  #available = 0;
  #tailLength = 0;
  /** Samples of the tail that have been mixed in. */
  #tailAt = 0;
  #held = false;
  /** Loudness, moved towards 0 while held and towards 1 otherwise. */
  #gain = 1;

  /**
   * @param capacity Samples that fit; older ones are dropped beyond it.
   * @param threshold Samples to collect before playing; twice as many after
   * each gap, up to a quarter of the capacity.
   */
  constructor(capacity: number, threshold: number) {
    this.#capacity = capacity;
    this.#least = threshold;
    this.#threshold = threshold;
    this.#left = new Float32Array(capacity);
    this.#right = new Float32Array(capacity);
  }

  /** Samples that can be read now. */
  get available(): number {
    return this.#available;
  }

  /** Samples that are collected before playing. */
  get lead(): number {
    return this.#threshold;
  }

  /** Whether the next read plays what was written. */
  get moving(): boolean {
    return this.#available > 0 && this.state !== "filling" &&
      !(this.#held && this.#gain === 0);
  }

  /** Appends samples. */
  write(left: Float32Array, right: Float32Array): void {
    let at = (this.#read + this.#available) % this.#capacity;
    for (let i = 0; i < left.length; i++) {
      this.#left[at] = left[i]!;
      this.#right[at] = right[i]!;
      if (++at === this.#capacity) at = 0;
    }
    this.#available += left.length;
    const excess = this.#available - this.#capacity;
    if (excess > 0) this.#skip(excess);
    if (this.state === "filling" && this.#available >= this.#threshold) {
      this.state = "playing";
    }
  }

  /** Voids what is buffered; what is written next begins at `sample`. */
  replace(sample: number): void {
    this.#tailLength = Math.min(CROSSFADE, this.#available);
    this.#tailAt = 0;
    const [tailLeft, tailRight] = this.#tail as [Float32Array, Float32Array];
    for (let i = 0; i < this.#tailLength; i++) {
      const at = (this.#read + i) % this.#capacity;
      tailLeft[i] = this.#left[at]! * this.#gain;
      tailRight[i] = this.#right[at]! * this.#gain;
    }
    this.#available = 0;
    this.sample = sample;
    this.state = "filling";
  }

  /**
   * Nothing more comes: running dry is the end from here on.
   *
   * @param sample First position that is not to be played, if there is more.
   */
  end(sample: number = Infinity): void {
    this.state = "ending";
    this.#available = Math.max(
      0,
      Math.min(this.#available, sample - this.sample),
    );
  }

  /** Holds or goes on, softly; what is buffered stays. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Fills both arrays; with silence where there is nothing to play. */
  read(left: Float32Array, right: Float32Array): void {
    left.fill(0);
    right.fill(0);
    const silent = this.state === "filling" ||
      (this.#held && this.#gain === 0);
    if (!silent) this.#play(left, right);
    if (this.#tailAt < this.#tailLength) this.#fadeTail(left, right, silent);
  }

  #play(left: Float32Array, right: Float32Array): void {
    const count = Math.min(left.length, this.#available);
    for (let i = 0; i < count; i++) {
      const step = this.#held ? -1 / FADE : 1 / FADE;
      this.#gain = Math.min(1, Math.max(0, this.#gain + step));
      left[i] = this.#left[this.#read]! * this.#gain;
      right[i] = this.#right[this.#read]! * this.#gain;
      if (++this.#read === this.#capacity) this.#read = 0;
    }
    this.#available -= count;
    this.sample += count;
    this.framesPlayed += count;
    this.#rest(count);
    const dry = count < left.length && this.state === "playing";
    if (dry && !this.#held) this.#runDry();
  }

  /** Collects more the next time: a machine that ran dry once does so again. */
  #runDry(): void {
    this.underruns++;
    this.#calm = 0;
    this.state = "filling";
    this.#threshold = Math.min(this.#threshold * 2, this.#capacity / 4);
  }

  /** Collects less the next time if there has been no gap for long. */
  #rest(count: number): void {
    this.#calm += count;
    if (this.#calm < CALM) return;
    this.#calm = 0;
    this.#threshold = Math.max(this.#threshold / 2, this.#least);
  }

  #fadeTail(left: Float32Array, right: Float32Array, alone: boolean): void {
    const [tailLeft, tailRight] = this.#tail as [Float32Array, Float32Array];
    const count = Math.min(left.length, this.#tailLength - this.#tailAt);
    for (let i = 0; i < count; i++, this.#tailAt++) {
      const fade = 1 - this.#tailAt / this.#tailLength;
      const rest = alone ? 1 : 1 - fade;
      left[i] = left[i]! * rest + tailLeft[this.#tailAt]! * fade;
      right[i] = right[i]! * rest + tailRight[this.#tailAt]! * fade;
    }
  }

  #skip(count: number): void {
    this.#read = (this.#read + count) % this.#capacity;
    this.#available -= count;
    this.sample += count;
  }
}
