/**
 * Philox4x32-10, a counter-based random number generator (Salmon et al. 2011).
 * This module is browser compatible.
 *
 * @module
 */

// Multipliers, in halves of 16 bits so that no product exceeds 32.
const M0_HIGH = 0xd251;
const M0_LOW = 0x1f53;
const M1_HIGH = 0xcd9e;
const M1_LOW = 0x8d57;
// Weyl increments of the key: golden ratio and sqrt(3) - 1.
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** A block of random numbers has this many words of 32 bits. */
export const PHILOX_WORDS = 4;

/**
 * Random words of one counter value. Any counter can be evaluated on its own,
 * in any order, which makes noise independent of how a stream is cut.
 *
 * @param key0 First word of the key; like all words, taken modulo 2^32.
 * @param out Receives four words at `offset` (default 0).
 */
export function philox4x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  out: Uint32Array,
  offset = 0,
): void {
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(c0, (M0_HIGH << 16) | M0_LOW);
    const low1 = Math.imul(c2, (M1_HIGH << 16) | M1_LOW);
    const high0 = multiplyHigh(c0, M0_HIGH, M0_LOW);
    const high1 = multiplyHigh(c2, M1_HIGH, M1_LOW);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/** Upper 32 bits of the 64-bit product of two unsigned words. */
function multiplyHigh(word: number, high: number, low: number): number {
  const wordHigh = word >>> 16;
  const wordLow = word & 0xffff;
  const carry = Math.imul(wordLow, low) >>> 16;
  const middle = (Math.imul(wordHigh, low) + carry) | 0;
  const upper = (Math.imul(wordLow, high) + (middle & 0xffff)) | 0;
  return (Math.imul(wordHigh, high) + (middle >>> 16) + (upper >>> 16)) | 0;
}
