const LOG2_E: f32 = 1.44269504;
// ln 2 in two parts, the first short enough that its multiples are exact.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** exp of four values, to the last bit but one: x = n ln 2 + r, and a polynomial for r (Cephes). */
// @ts-ignore: a decorator of AssemblyScript
@inline
function exp4x(x: v128): v128 {
  // Beyond these a float32 is 0 or infinite.
  const inside = f32x4.max(f32x4.min(x, f32x4.splat(150)), f32x4.splat(-150));
  const n = f32x4.nearest(f32x4.mul(inside, f32x4.splat(LOG2_E)));
  let r = f32x4.sub(inside, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let sum = f32x4.splat(1.9875691500e-4);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(5.0000001201e-1));
  sum = f32x4.add(f32x4.mul(sum, f32x4.mul(r, r)), r);
  sum = f32x4.add(sum, f32x4.splat(1));
  // 2^n as the product of two powers, each n in the exponent's place: 2^128 has none.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(sum, power(half)), power(i32x4.sub(whole, half)));
}

/** 2^n of four whole numbers from -126 to 127. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** exp of one value. */
export function exponential(x: f32): f32 {
  return f32x4.extract_lane(exp4x(f32x4.splat(x)), 0);
}

/** Writes exp of `count` float32 to float32. */
export function exponentials(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, exp4x(v128.load(from)));
    from += 16;
    to += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, exponential(load<f32>(from)));
    from += 4;
    to += 4;
  }
}
