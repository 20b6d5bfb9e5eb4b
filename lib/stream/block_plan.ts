/**
 * How many latent frames each block makes: a function of the position since the
 * start or the last change, never of timing or load, so that the same seed
 * gives the same bytes.
 *
 * @module
 */

/**
 * Length of block `index` (from 0) since the start or the last change.
 *
 * @param lengths Latent frames per block; the last repeats.
 */
export function blockLength(lengths: readonly number[], index: number): number {
  return lengths[Math.min(index, lengths.length - 1)]!;
}

/**
 * How much of what is known around a block the denoiser is shown: all of it if
 * it fits, the beginning of what comes after before the rest of what came before.
 *
 * @param sizes Latent frames known before, new, known after; the denoiser takes
 * multiples of `multiple` up to `max`.
 */
export function contextLengths(
  sizes: {
    before: number;
    frames: number;
    after: number;
    multiple: number;
    max: number;
  },
): { before: number; after: number } {
  const { frames, multiple, max } = sizes;
  const after = Math.min(sizes.after, max - frames);
  const before = Math.min(sizes.before, max - frames - after);
  const over = (before + frames + after) % multiple;
  const less = Math.min(over, before);
  return { before: before - less, after: after - (over - less) };
}
