import { SAMPLE_RATE_HZ } from "../spectrum/params.ts";

/**
 * Levels above a corner frequency: ln(RMS + floor) of the mid of both channels,
 * high-passed, in every `segment` samples.
 *
 * @param count Segments from the start on; there must be as many samples.
 */
export function highLevels(
  left: Float32Array,
  right: Float32Array,
  { count, segment, cutHz, floor }: {
    count: number;
    segment: number;
    cutHz: number;
    floor: number;
  },
): Float64Array {
  // High-pass of R. Bristow-Johnson's cookbook with Q = 1 / sqrt(2).
  const w0 = 2 * Math.PI * cutHz / SAMPLE_RATE_HZ;
  const alpha = Math.sin(w0) / Math.SQRT2;
  const a0 = 1 + alpha;
  const b0 = (1 + Math.cos(w0)) / 2 / a0;
  const b1 = -(1 + Math.cos(w0)) / a0;
  const a1 = -2 * Math.cos(w0) / a0;
  const a2 = (1 - alpha) / a0;
  const levels = new Float64Array(count);
  let s1 = 0;
  let s2 = 0;
  for (let m = 0; m < count; m++) {
    let sum = 0;
    for (let i = m * segment; i < (m + 1) * segment; i++) {
      // The mean is rounded as the recipe's is.
      const x = Math.fround((left[i]! + right[i]!) / 2);
      // Direct form II transposed; b2 = b0.
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b0 * x - a2 * y;
      sum += y * y;
    }
    levels[m] = Math.log(Math.sqrt(sum / segment) + floor);
  }
  return levels;
}
