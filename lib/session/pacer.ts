/**
 * When packets may leave. Times are on the `performance.now()` clock, in ms;
 * nothing here waits or reads a clock, so tests can step it by hand.
 *
 * @module
 */
import { SAMPLE_RATE } from "../protocol/mod.ts";

/** Least time between sending a packet and its being heard, in ms. */
const SLACK_MS = 20;

/** The most that a listener is thought to let pile up before it plays, in ms. */
const MOST_PATIENCE_MS = 100;

/** Options of {@linkcode Pacer}. */
export interface PacerOptions {
  pace: "realtime" | "asap";
  /** How far ahead of real time audio may be sent, in ms. */
  leadMs: number;
  /** Length of a packet, in ms. */
  frameMs: number;
  /** When the stream was asked for. */
  nowMs: number;
}

/**
 * The clock of one stream. It starts with the first packet, stands still while
 * the stream is held, and is set back by an underrun, as the listener's is.
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #leadMs: number;
  /** What a listener lets pile up before it plays, in ms. */
  readonly #patienceMs: number;
  /** When sample 0 is heard, if the listener plays at once; null before the first packet. */
  #zeroMs: number | null = null;
  #heldMs: number | null = null;

  constructor(options: PacerOptions) {
    this.#options = options;
    // A packet leaves whole: with less lead than this it would always be late.
    this.#leadMs = Math.max(options.leadMs, options.frameMs + SLACK_MS);
    this.#patienceMs = Math.min(MOST_PATIENCE_MS, this.#leadMs / 4);
  }

  /** True if the clock rules when packets leave. */
  get realtime(): boolean {
    return this.#options.pace === "realtime";
  }

  /** Starts the clock; later calls change nothing. */
  start(nowMs: number): void {
    this.#zeroMs ??= nowMs;
  }

  /**
   * Starts the clock of a stream that is gone on with.
   *
   * @param sample The next one to be sent.
   * @param before `zeroMs`: when sample 0 was heard before, or null. What of the
   * lead the listener may still have is not sent twice. `foreign`: that clock may
   * be another machine's, so that half of the lead is sent whatever it says.
   */
  goOn(
    sample: number,
    nowMs: number,
    { zeroMs, foreign }: { zeroMs: number | null; foreign: boolean },
  ): void {
    const playedMs = sample * 1000 / SAMPLE_RATE;
    const heardMs = zeroMs === null ? nowMs : zeroMs + playedMs;
    const mostMs = nowMs + (foreign ? this.#leadMs / 2 : this.#leadMs);
    this.#zeroMs = Math.min(mostMs, Math.max(nowMs, heardMs)) - playedMs;
  }

  /** True once the clock was started. */
  get started(): boolean {
    return this.#zeroMs !== null;
  }

  /** When sample 0 was heard, as the clock stands now; before the first packet: now. */
  zeroMs(nowMs: number): number {
    const heldMs = this.#heldMs === null ? 0 : nowMs - this.#heldMs;
    return (this.#zeroMs ?? nowMs) + heldMs;
  }

  /** When a sample is heard; before the first packet: when the stream was asked for. */
  heardMs(sample: number): number {
    const zeroMs = this.#zeroMs;
    return zeroMs === null
      ? this.#options.nowMs
      : zeroMs + sample * 1000 / SAMPLE_RATE;
  }

  /** From now until a sample is heard, in ms, at least 0. */
  delayMs(sample: number, nowMs: number): number {
    const zeroMs = this.#zeroMs ?? nowMs;
    const clockMs = this.#heldMs ?? nowMs;
    return Math.max(0, zeroMs + sample * 1000 / SAMPLE_RATE - clockMs);
  }

  /** When a packet that ends before `endSample` may leave; -Infinity = at once. */
  dueMs(endSample: number): number {
    if (!this.realtime || this.#zeroMs === null) return -Infinity;
    return this.heardMs(endSample) - this.#leadMs;
  }

  /** Stops the clock. */
  hold(nowMs: number): void {
    this.#heldMs ??= nowMs;
  }

  /** Lets the clock go on. */
  release(nowMs: number): void {
    if (this.#heldMs === null) return;
    if (this.#zeroMs !== null) this.#zeroMs += nowMs - this.#heldMs;
    this.#heldMs = null;
  }

  /**
   * Sets the clock back if a packet leaves after its first sample was to be
   * heard, so that the lead is not made up in a burst.
   *
   * @returns By how much, in ms; 0 if the packet is in time.
   */
  catchUp(sample: number, nowMs: number): number {
    if (!this.realtime || this.#zeroMs === null) return 0;
    const lateMs = nowMs - this.heardMs(sample) - this.#patienceMs;
    if (lateMs <= 0) return 0;
    this.#zeroMs += lateMs;
    return lateMs;
  }
}
