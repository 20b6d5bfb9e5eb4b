/**
 * Planar float PCM to interleaved wire formats. This module is browser
 * compatible.
 *
 * @module
 */

/**
 * Interleaves two planar channels as signed 16-bit PCM.
 *
 * The one rounding rule of the project: a sample is clamped to [-1, 1], scaled
 * by 32767 and rounded to the nearest integer, halves towards +infinity
 * (`Math.round`), without dither. So +1 and -1 are symmetric, -32768 never
 * occurs, and equal input gives equal bytes everywhere.
 *
 * @param left Samples of the left channel, about [-1, 1].
 * @param right Samples of the right channel, as many as `left`.
 * @returns left[0], right[0], left[1], ...
 * @throws {RangeError} If the channels differ in length.
 */
export function interleaveS16(
  left: Float32Array,
  right: Float32Array,
): Int16Array<ArrayBuffer> {
  requireEqualLengths(left, right);
  const out = new Int16Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    out[2 * i] = toS16(left[i]!);
    out[2 * i + 1] = toS16(right[i]!);
  }
  return out;
}

/**
 * Interleaves two planar channels as 32-bit float PCM, values untouched.
 *
 * @param left Samples of the left channel.
 * @param right Samples of the right channel, as many as `left`.
 * @returns left[0], right[0], left[1], ...
 * @throws {RangeError} If the channels differ in length.
 */
export function interleaveF32(
  left: Float32Array,
  right: Float32Array,
): Float32Array<ArrayBuffer> {
  requireEqualLengths(left, right);
  const out = new Float32Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    out[2 * i] = left[i]!;
    out[2 * i + 1] = right[i]!;
  }
  return out;
}

// NaN becomes 0: Int16Array stores it so, and silence is the harmless reading.
function toS16(sample: number): number {
  // Comparisons: Math.min and Math.max, which care for -0, take several times as long.
  const clamped = sample > 1 ? 1 : sample < -1 ? -1 : sample;
  return Math.floor(clamped * 32767 + 0.5);
}

function requireEqualLengths(left: Float32Array, right: Float32Array): void {
  if (left.length !== right.length) {
    throw new RangeError(
      `Cannot interleave channels of ${left.length} and ${right.length} samples: lengths must be equal`,
    );
  }
}
