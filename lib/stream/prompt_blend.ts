/**
 * Prompts half way between two others.
 *
 * @module
 */
import type { Controls } from "../protocol/mod.ts";

/** Prompts and their weights, which sum to 1; none is the null prompt. */
export type Prompts = NonNullable<Controls["prompts"]>;

/** Prompts that a blend holds at most: who changes them all the time leaves the oldest behind. */
const MOST_PROMPTS = 16;
/** Share below which a prompt is left behind. */
const LEAST_SHARE = 0.01;

/**
 * One list of prompts that stands for those on the way from `from` to `to`: where
 * a morph is when the next one begins.
 *
 * @param progress How far they have gone, 0-1.
 */
export function blendPrompts(
  { from, to }: { from: Prompts; to: Prompts },
  progress: number,
): Prompts {
  if (progress >= 1) return to;
  if (progress <= 0) return from;
  // The null prompt has no weight to be given a share of.
  if (from.length === 0 || to.length === 0) return progress < 0.5 ? from : to;
  const shares = new Map<string, number>();
  const give = (prompts: Prompts, share: number) => {
    for (const { text, weight } of prompts) {
      shares.set(text, (shares.get(text) ?? 0) + share * weight);
    }
  };
  give(from, 1 - progress);
  give(to, progress);
  const heaviest = [...shares].filter(([, share]) => share >= LEAST_SHARE)
    .sort(([, a], [, b]) => b - a).slice(0, MOST_PROMPTS);
  const total = heaviest.reduce((sum, [, share]) => sum + share, 0);
  return heaviest.map(([text, share]) => ({ text, weight: share / total }));
}
