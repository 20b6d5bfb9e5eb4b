/**
 * The face of one piece of music, as a session sees it.
 *
 * @module
 */
import type { Controls, Duration, Quantum, Ramp } from "../protocol/mod.ts";
import type { Model } from "../inference/engine.ts";
import type { BeatClock } from "./follow.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Spans } from "./spans.ts";

/** What a stream is made of; everything is resolved except what only the model can tell. */
export interface StreamOptions {
  model: Model;
  controls: Controls;
  /** u32. */
  seed: number;
  duration: Duration | null;
  loop: boolean;
  /** Sampler steps, or null for the package's default. */
  steps: number | null;
  /**
   * True if a busy server may make it in fewer steps and layers rather than too
   * late; never so if `steps` is given.
   */
  elastic?: boolean;
  /** Audio that the music goes on from; the package must have an encoder. */
  context?: ContextAudio | null;
  /** Where the stream is gone on with; everything else must be as it was at its start. */
  snapshot?: Snapshot | null;
}

/** A user's own clip. */
export interface ContextAudio {
  /** Its end, at 48 kHz. */
  audio: { left: Float32Array; right: Float32Array };
  /** Digest of both channels' float32 samples, one after the other, hex. */
  sha256: string;
  /** Its tempo in beats a minute, or null if unknown. */
  bpm: number | null;
}

/** Music that goes before sample 0. */
export interface Opening {
  /** Its last latent frames, row-major (frames, channels). */
  latents: Float32Array;
  /** What the music gives way to from sample 0 on, so that the waveform does not jump. */
  bridge: { left: Float32Array; right: Float32Array };
}

/** Consecutive stereo samples of a stream. */
export interface PcmChunk {
  /** Position of the first sample, 48 kHz. */
  sample: number;
  /** Musical position of that sample, in beats. */
  beat: number;
  left: Float32Array;
  right: Float32Array;
  /** True if the stream ends with this chunk (which may then be shorter than asked, never empty). */
  last: boolean;
}

/** Where the time to the first PCM went, in ms. */
export interface StreamTimings {
  queueMs: number;
  promptMs: number;
  stepsMs: number[];
  decodeMs: number;
}

/** Answer to an update: the first sample it can be heard in. */
export interface Scheduled {
  atSample: number;
  atBeat: number;
}

/** Answer to a clock from outside. */
export interface Followed {
  /** First sample that is played to it. */
  atSample: number;
  /** How far the stream is behind the clock there, in ms; negative = ahead. */
  behindMs: number;
  /** From this sample on the beats are the clock's. */
  lockedSample: number;
}

/** A change that was made to a stream. */
export interface Change {
  /** First sample of the change. */
  atSample: number;
  /** How long it takes, in samples. */
  rampSamples: number;
  /** Controls that were laid over those in force; null if the context was forgotten. */
  patch: Partial<Controls> | null;
}

/** One piece of music, read in order. All methods may be called while a read is pending. */
export interface MusicStream {
  readonly seed: number;
  readonly steps: number;
  readonly bpm: number;
  readonly meter: number;
  /** Controls with defaults and resolved weights, as in force at the newest update. */
  readonly controls: Controls;
  /** The same as they were at the start. */
  readonly firstControls: Controls;
  /** What was changed since, in order; null if that was too much. Of an endless stream nothing is kept. */
  readonly changes: readonly Change[] | null;
  /** True if the end runs into the start. */
  readonly loop: boolean;
  /** Total length in samples, or null if endless. */
  readonly totalSamples: number | null;
  /** Samples handed out so far; what comes later may still change. */
  readonly position: number;
  /** Known after the first `read`. */
  readonly timings: StreamTimings;
  /** Samples made in fewer steps or layers than asked for, because the server was busy. */
  readonly degraded: Spans;
  /** Every control of `patch` that the package does not understand. */
  ignoredControls(patch: Partial<Controls>): string[];
  /**
   * Next `samples` samples. Waits until they are made. `deadlineMs` orders the work (performance.now clock).
   * @throws {DOMException} AbortError after `cancel`.
   */
  read(samples: number, options: { deadlineMs: number }): Promise<PcmChunk>;
  /**
   * The last `samples` samples before sample 0 of a loop, which are also those that it ends with; null for
   * what does not loop. Waits until they are made; earlier than two latent frames is silence.
   * @throws {DOMException} AbortError after `cancel`.
   */
  lead(
    samples: number,
    options: { deadlineMs: number },
  ): Promise<{ left: Float32Array; right: Float32Array } | null>;
  /** Texts among the prompts of which the package knows no word; asked for after `update` or the start. */
  notUnderstood(controls: Partial<Controls>): string[];
  /**
   * Applies a patch at the first unread sample that the quantum allows. `leadMs` is the audio that the listener
   * still has: if it would not last until the change is made, the change lands later.
   */
  update(
    patch: Partial<Controls>,
    options: { at: Quantum; ramp: Ramp | null; leadMs?: number },
  ): Promise<Scheduled>;
  /**
   * Brings the bars onto a clock, from the first unread sample on, by bending the tempo; then keeps its tempo.
   * A clock that is near enough changes nothing. `leadMs` as in `update`.
   */
  follow(clock: BeatClock, options?: { leadMs?: number }): Followed;
  /** Forgets the musical context from the next unread sample on. */
  reset(): Scheduled;
  /** Counts what was made and changed: another number means that a new snapshot is worth keeping. */
  readonly version: number;
  /**
   * Everything that it takes to go on elsewhere from sample `from`, at most `LOOK_BACK_SAMPLES` before
   * `position`, or from an earlier one; null if too much has happened.
   */
  snapshot(from: number): Snapshot | null;
  /** Stops work within one unit; pending reads reject. */
  cancel(): void;
}

/**
 * Makes a stream. It resolves once the prompts are encoded, so that tempo is known; no audio is made before.
 * @throws {DOMException} AbortError if `signal` is aborted meanwhile.
 */
export type CreateStream = (
  options: StreamOptions,
  init?: { signal?: AbortSignal },
) => Promise<MusicStream>;
