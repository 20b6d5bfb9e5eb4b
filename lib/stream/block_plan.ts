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
