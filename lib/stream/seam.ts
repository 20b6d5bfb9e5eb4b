/**
 * Where two renderings of the same moment meet.
 *
 * @module
 */
import type { Stereo } from "./pcm_queue.ts";

/** Length of the change from an old rendering to a new one inside a latent frame: 5 ms. */
export const CROSSFADE_SAMPLES = 240;

/** An old rendering that still holds until `at`, then gives way to the new one. */
export interface Seam {
  /** Position of the old rendering's first sample. */
  start: number;
  /** First sample in which the new rendering is heard. */
  at: number;
  /** The old rendering, from `start` to `at` + CROSSFADE_SAMPLES. */
  old: Stereo;
}

/** The part of a seam that is heard before a sample; null if that is nothing. */
export function seamBefore(seam: Seam, sample: number): Seam | null {
  const { left, right } = seam.old;
  const length = Math.min(left.length, sample - seam.start);
  if (length <= 0) return null;
  const old = {
    left: left.subarray(0, length),
    right: right.subarray(0, length),
  };
  return { ...seam, old };
}

/** True if something of a seam is heard after a sample. */
export function seamAfter({ start, old }: Seam, sample: number): boolean {
  return start + old.left.length > sample;
}

/** Lays the seam's old rendering over new samples that begin at `start`, in place. */
export function blendSeam(seam: Seam, fresh: Stereo, start: number): void {
  for (let i = 0; i < fresh.left.length; i++) {
    const position = start + i;
    const before = position - seam.start;
    if (before < 0 || before >= seam.old.left.length) continue;
    const into = position - seam.at;
    const share = into < 0 ? 0 : (into + 1) / (CROSSFADE_SAMPLES + 1);
    fresh.left[i] = seam.old.left[before]! * (1 - share) +
      fresh.left[i]! * share;
    fresh.right[i] = seam.old.right[before]! * (1 - share) +
      fresh.right[i]! * share;
  }
}

/**
 * Makes the beginning of a piece come out of other audio, in place: `bridge`
 * holds at sample 0 and gives way, with equal power, until it ends.
 */
export function blendBridge(
  bridge: Stereo,
  fresh: Stereo,
  start: number,
): void {
  const length = bridge.left.length;
  for (let i = Math.max(0, -start); i < fresh.left.length; i++) {
    const at = start + i;
    if (at >= length) return;
    const angle = at / length * Math.PI / 2;
    const out = Math.cos(angle);
    const back = Math.sin(angle);
    fresh.left[i] = bridge.left[at]! * out + fresh.left[i]! * back;
    fresh.right[i] = bridge.right[at]! * out + fresh.right[i]! * back;
  }
}

/** Length of the fade at the end of a finite piece that does not loop: 20 ms. */
const FADE_OUT_SAMPLES = 960;

/** Fades the last samples of a piece of `total` samples, in place. */
export function fadeOut(fresh: Stereo, start: number, total: number): void {
  for (let i = 0; i < fresh.left.length; i++) {
    const left = total - (start + i);
    if (left > FADE_OUT_SAMPLES) continue;
    const gain = Math.max(0, left / FADE_OUT_SAMPLES);
    fresh.left[i] = fresh.left[i]! * gain;
    fresh.right[i] = fresh.right[i]! * gain;
  }
}

/** Length of the fade at the beginning of a piece that comes out of nothing: 2 ms, which no attack misses. */
const FADE_IN_SAMPLES = 96;

/** Fades the first samples of a piece, in place: it may begin in the middle of a wave. */
export function fadeIn(fresh: Stereo, start: number): void {
  const length = Math.min(fresh.left.length, FADE_IN_SAMPLES - start);
  for (let i = Math.max(0, -start); i < length; i++) {
    const gain = (start + i) / FADE_IN_SAMPLES;
    fresh.left[i] = fresh.left[i]! * gain;
    fresh.right[i] = fresh.right[i]! * gain;
  }
}

/**
 * Takes away, in place, what sounds in silent latent frames: the first of them
 * fades out within {@linkcode CROSSFADE_SAMPLES}, the first after them fades in.
 */
export function hush(
  fresh: Stereo,
  hop: number,
  silent: (frame: number) => boolean,
): void {
  for (let frame = 0; frame * hop < fresh.left.length; frame++) {
    const now = silent(frame);
    const before = silent(frame - 1);
    if (!now && !before) continue;
    for (let i = 0; i < hop; i++) {
      const share = Math.min(1, i / CROSSFADE_SAMPLES);
      const gain = now === before ? 0 : now ? 1 - share : share;
      const at = frame * hop + i;
      fresh.left[at] = fresh.left[at]! * gain;
      fresh.right[at] = fresh.right[at]! * gain;
    }
  }
}
