/**
 * Mixes prompts by spherical interpolation, token by token: the mean of two
 * directions is shorter than either, and short tokens sound washed out.
 *
 * @module
 */

/** A prompt and its share. */
export interface WeightedPrompt {
  /** Prompt tokens, row-major (tokens, dims). */
  tokens: Float32Array;
  /** Share, at least 0; shares need not sum to 1. */
  weight: number;
}

/** Below this sine two directions count as the same, or as opposite. */
const TINY_SINE = 1e-7;

/**
 * Weighted mix: one prompt after the other is taken in by as much as its share
 * of the weights so far. A prompt with all the weight comes out bit for bit.
 *
 * @param prompts At least one of positive weight, all of one length.
 * @param dims Length of a token.
 * @returns Prompt tokens, row-major (tokens, dims).
 * @throws {RangeError} If weights or lengths are not as above.
 */
export function mixPrompts(
  prompts: readonly WeightedPrompt[],
  dims: number,
): Float32Array {
  for (const { weight } of prompts) {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new RangeError(
        `Cannot mix with weight ${weight}: must be finite and at least 0`,
      );
    }
  }
  const [first, ...others] = prompts.filter(({ weight }) => weight > 0);
  if (!first) {
    throw new RangeError("Cannot mix prompts: none has a weight above 0");
  }
  // In double precision, or rounding would build up over the prompts.
  let mix = Float64Array.from(first.tokens);
  let total = first.weight;
  for (const { tokens, weight } of others) {
    total += weight;
    mix = slerpTokens(mix, tokens, weight / total, dims);
  }
  return Float32Array.from(mix);
}

/**
 * The way from one prompt to another.
 *
 * @param u Progress, clamped to [0, 1]; at 0 and 1 the end comes out bit for bit.
 * @param dims Length of a token.
 * @returns Prompt tokens, row-major (tokens, dims).
 * @throws {RangeError} If the prompts differ in length or `u` is not a number.
 */
export function morph(
  from: Float32Array,
  to: Float32Array,
  u: number,
  dims: number,
): Float32Array {
  if (Number.isNaN(u)) {
    throw new RangeError("Cannot morph by NaN: must be a number from 0 to 1");
  }
  const t = Math.min(1, Math.max(0, u));
  return Float32Array.from(slerpTokens(Float64Array.from(from), to, t, dims));
}

function slerpTokens(
  a: Float64Array,
  b: Float32Array,
  t: number,
  dims: number,
): Float64Array<ArrayBuffer> {
  if (a.length !== b.length || a.length % dims !== 0) {
    throw new RangeError(
      `Cannot mix prompts of ${a.length} and ${b.length} values: must be the same multiple of ${dims}`,
    );
  }
  const out = new Float64Array(a.length);
  for (let at = 0; at < out.length; at += dims) {
    const end = at + dims;
    const token = slerp(
      a.subarray(at, end),
      Float64Array.from(b.subarray(at, end)),
      t,
    );
    out.set(token, at);
  }
  return out;
}

/** Interpolates direction on the great circle and length on the line. */
function slerp(a: Float64Array, b: Float64Array, t: number): Float64Array {
  if (t === 0) return a;
  if (t === 1) return b;
  const lengthA = length(a);
  const lengthB = length(b);
  // Without a direction of its own (the null prompt) an end fades in or out.
  if (lengthA === 0 || lengthB === 0) return lerp(a, b, t);

  const from = a.map((value) => value / lengthA);
  const to = b.map((value) => value / lengthB);
  const cosine = dot(from, to);
  // The part of `to` that is orthogonal to `from` spans the plane with it.
  let side = to.map((value, i) => value - cosine * from[i]!);
  let sine = length(side);
  if (sine < TINY_SINE) {
    if (cosine > 0) return lerp(a, b, t);
    side = anyOrthogonal(from);
    sine = 0;
  } else {
    side = side.map((value) => value / sine);
  }
  const angle = t * Math.atan2(sine, cosine);
  const scale = (1 - t) * lengthA + t * lengthB;
  return from.map((value, i) =>
    scale * (Math.cos(angle) * value + Math.sin(angle) * side[i]!)
  );
}

/** A unit vector at right angles to a unit vector; zero if there is none. */
function anyOrthogonal(unit: Float64Array): Float64Array<ArrayBuffer> {
  // The axis that `unit` points along least is the farthest from it.
  const axis = unit.reduce(
    (best, value, i) => Math.abs(value) < Math.abs(unit[best]!) ? i : best,
    0,
  );
  const side = Float64Array.from(
    unit,
    (value, i) => Number(i === axis) - unit[axis]! * value,
  );
  const size = length(side);
  return side.map((value) => size === 0 ? 0 : value / size);
}

function lerp(a: Float64Array, b: Float64Array, t: number): Float64Array {
  return a.map((value, i) => (1 - t) * value + t * b[i]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function length(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
