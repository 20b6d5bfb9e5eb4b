const LOG2_E: f64 = 1.4426950408889634;
// ln 2 in two parts, the first short enough that its multiples are exact.
const LN2_HIGH: f64 = 6.93147180369123816490e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;

/** exp of two values, to 1e-13: x = n ln 2 + r, and a Taylor series for r. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function exp2x(x: v128): v128 {
  // Beyond these a float32 is 0 or infinite.
  const inside = f64x2.max(f64x2.min(x, f64x2.splat(200)), f64x2.splat(-200));
  const n = f64x2.nearest(f64x2.mul(inside, f64x2.splat(LOG2_E)));
  let r = f64x2.sub(inside, f64x2.mul(n, f64x2.splat(LN2_HIGH)));
  r = f64x2.sub(r, f64x2.mul(n, f64x2.splat(LN2_LOW)));
  let sum = f64x2.splat(1.0 / 39916800);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 3628800));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 362880));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 40320));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 5040));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 720));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 120));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 24));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 6));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  // 2^n: n in the exponent's place.
  const whole = i32x4.trunc_sat_f64x2_s_zero(n);
  const biased = i64x2.add(i64x2.extend_low_i32x4_s(whole), i64x2.splat(1023));
  return f64x2.mul(sum, i64x2.shl(biased, 52));
}

/** exp of one value. */
export function exponential(x: f64): f64 {
  return f64x2.extract_lane(exp2x(f64x2.splat(x)), 0);
}

/** Writes exp of `count` float32 to float32. */
export function exponentials(from: usize, to: usize, count: i32): void {
  const pairs = count >> 1;
  for (let i = 0; i < pairs; i++) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(from));
    v128.store64_lane(to, f32x4.demote_f64x2_zero(exp2x(x)), 0);
    from += 8;
    to += 8;
  }
  if (count & 1) store<f32>(to, <f32> exponential(<f64> load<f32>(from)));
}
