/**
 * Sums of vectors, element by element. `map` of a typed array calls a function
 * for each element, which takes tens of times as long, on the thread that serves
 * sockets. This module is browser compatible.
 *
 * @module
 */

/** A vector of either precision; results are rounded where they are stored. */
type Vector = Float32Array | Float64Array;

/** a x. */
export function scaled(x: Vector, a: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = a * x[i]!;
  return out;
}

/** a x + b y. */
export function combined(
  a: number,
  x: Vector,
  b: number,
  y: Vector,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = a * x[i]! + b * y[i]!;
  return out;
}

/** x + a (y - x): from x towards y, and beyond for a > 1. */
export function towards(
  x: Vector,
  y: Vector,
  a: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) {
    const from = x[i]!;
    out[i] = from + a * (y[i]! - from);
  }
  return out;
}
