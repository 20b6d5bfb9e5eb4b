/**
 * Groups of control channels that a denoiser may take, beside the noisy latents.
 * The last channel of each but the beat is its mask: 1 where something is asked.
 *
 * @module
 */
import type { Controls } from "../protocol/mod.ts";

/** A group of channels of each latent frame. */
export interface ControlGroup {
  /** Channels, with the mask. */
  width: number;
  /** The controls that are written into it. */
  controls: readonly (keyof Controls)[];
}

/**
 * - beat: sine and cosine of the phase in the beat, then in the bar; octaves of
 *   the tempo over 120 bpm;
 * - chord: twelve pitch classes, the twelve roots, mask;
 * - key: the twelve pitch classes of the scale, mask;
 * - parts: drums, bass, harmony, melody, mask;
 * - density, brightness, energy: a value from 0 to 1, mask.
 */
export const CONTROL_GROUPS = {
  beat: { width: 5, controls: ["bpm", "meter"] },
  chord: { width: 25, controls: ["chords"] },
  key: { width: 13, controls: ["key"] },
  parts: { width: 5, controls: ["parts"] },
  density: { width: 2, controls: ["density"] },
  brightness: { width: 2, controls: ["brightness"] },
  energy: { width: 2, controls: ["energy"] },
} as const satisfies Record<string, ControlGroup>;

/** Name of a group. */
export type GroupName = keyof typeof CONTROL_GROUPS;

/** Whether a package's group is one that is known. */
export function isGroup(name: string): name is GroupName {
  return Object.hasOwn(CONTROL_GROUPS, name);
}
