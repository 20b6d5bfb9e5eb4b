/**
 * Random weights, the same ones on every machine.
 *
 * @module
 */
import { philox4x32, PHILOX_WORDS } from "../../lib/diffusion/philox.ts";

/** Key of all weights; each array takes a number of its own. */
const SEED = 0x74696e79;

/**
 * Uniform values of zero mean, for a matrix whose output has `gain` times the
 * standard deviation of its input if the input's entries are independent.
 * Uniform and not normal, because that needs no logarithm, whose last bit may
 * differ between engines.
 *
 * @param array Number of the array, so that no two have the same values.
 * @param rows Inputs per output.
 * @returns `rows * columns` values.
 */
export function randomWeights(
  array: number,
  rows: number,
  columns: number,
  gain: number,
): Float32Array {
  const range = gain * Math.sqrt(3 / rows);
  const words = new Uint32Array(PHILOX_WORDS);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const at = i % PHILOX_WORDS;
    if (at === 0) philox4x32(SEED, array, i / PHILOX_WORDS, 0, 0, 0, words);
    return range * (2 * (words[at]! + 0.5) / 2 ** 32 - 1);
  });
}
