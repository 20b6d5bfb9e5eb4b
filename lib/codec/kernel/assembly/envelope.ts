import { exponential } from "./exponential";

const MIN_GAIN: f64 = 0.1;
const MAX_GAIN: f64 = 6;
/** Added to a measured level: silence is not amplified. */
const FLOOR: f64 = 1e-5;

/**
 * Shapes one segment of `left` and `right` in place.
 *
 * @param env ln of the level that the highs are to have.
 * @param filter b0, b1, a1, a2 of the high-pass as float64; b2 = b0.
 * @param memory Two values left, two right, then the newest gain, as float32.
 * @param high Room for `count` pairs of float64.
 */
export function envelope(
  left: usize,
  right: usize,
  count: i32,
  env: f64,
  filter: usize,
  memory: usize,
  high: usize,
): void {
  const b0 = v128.load64_splat(filter);
  const b1 = v128.load64_splat(filter, 8);
  const a1 = v128.load64_splat(filter, 16);
  const a2 = v128.load64_splat(filter, 24);
  let s1 = f64x2(<f64> load<f32>(memory), <f64> load<f32>(memory, 8));
  let s2 = f64x2(<f64> load<f32>(memory, 4), <f64> load<f32>(memory, 12));
  let sum: f64 = 0;
  // Direct form II transposed, left and right side by side.
  for (let i = 0; i < count; i++) {
    const at = <usize> i << 2;
    const x = f64x2.promote_low_f32x4(
      v128.load32_lane(right + at, v128.load32_zero(left + at), 1),
    );
    const y = f64x2.add(f64x2.mul(b0, x), s1);
    s1 = f64x2.sub(f64x2.add(f64x2.mul(b1, x), s2), f64x2.mul(a1, y));
    s2 = f64x2.sub(f64x2.mul(b0, x), f64x2.mul(a2, y));
    v128.store(high + (<usize> i << 4), y);
    const mid = (f64x2.extract_lane(y, 0) + f64x2.extract_lane(y, 1)) / 2;
    sum += mid * mid;
  }
  store<f32>(memory, <f32> f64x2.extract_lane(s1, 0));
  store<f32>(memory, <f32> f64x2.extract_lane(s2, 0), 4);
  store<f32>(memory, <f32> f64x2.extract_lane(s1, 1), 8);
  store<f32>(memory, <f32> f64x2.extract_lane(s2, 1), 12);

  const level = sqrt(sum / <f64> count) + FLOOR;
  const gain = min(MAX_GAIN, max(MIN_GAIN, <f64> exponential(<f32> env) / level));
  const before = <f64> load<f32>(memory, 16);
  const step = (gain - before) / <f64> count;
  // The gain moves linearly and is reached at the last sample.
  for (let i = 0; i < count; i++) {
    const at = <usize> i << 2;
    const g = f64x2.splat(before + step * <f64> (i + 1) - 1);
    const more = f64x2.mul(g, v128.load(high + (<usize> i << 4)));
    const l = <f64> load<f32>(left + at) + f64x2.extract_lane(more, 0);
    const r = <f64> load<f32>(right + at) + f64x2.extract_lane(more, 1);
    store<f32>(left + at, <f32> l);
    store<f32>(right + at, <f32> r);
  }
  store<f32>(memory, <f32> gain, 16);
}
