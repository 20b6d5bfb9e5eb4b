import { product } from "./complex";

/** Below this modulus a sum of phasors has no direction worth keeping. */
const NO_DIRECTION: f64 = 1e-12;
/** Bins after which a sweep's sum is a unit again: short enough that no magnitude overflows meanwhile. */
const RENEW: i32 = 8;

/**
 * a[k] = U'[k] z'[k] T[k]: the phasors `z` of the frame before, turned on. All
 * are float32, pairs but for U; two bins at a time, so memory for an odd one.
 */
export function predict(
  z: usize,
  magnitude: usize,
  advance: usize,
  turn: usize,
  own: usize,
  bins: i32,
): void {
  for (let k = 0; k < bins; k += 2) {
    const pairs = <usize> k << 3;
    const t = product(v128.load(advance + pairs), v128.load(turn + pairs));
    const levels = v128.load64_zero(magnitude + (<usize> k << 2));
    const u = v128.shuffle<f32>(levels, levels, 0, 0, 1, 1);
    const turned = product(v128.load(z + pairs), t);
    v128.store(own + pairs, f32x4.mul(u, turned));
  }
}

/** z[k] = unit(a[k]), or 1. */
export function start(z: usize, own: usize, bins: i32): void {
  for (let k = 0; k < bins; k += 2) {
    const pairs = <usize> k << 3;
    const a = v128.load(own + pairs);
    const squares = f32x4.mul(a, a);
    const modulus = f32x4.sqrt(
      f32x4.add(squares, v128.shuffle<f32>(squares, squares, 1, 0, 3, 2)),
    );
    const unit = f32x4.div(a, modulus);
    const clear = f32x4.ge(modulus, f32x4.splat(<f32> NO_DIRECTION));
    v128.store(z + pairs, v128.bitselect(unit, f32x4(1, 0, 1, 0), clear));
  }
}

// The sweeps carry t = m z instead of z from bin to bin: with
// t[k] = m[k-1] a[k] + F t[k-1] and m[k] = |t[k]| the next bin need not wait for a
// quotient, which is taken beside it. Small differences grow in here, as phases
// without a clear direction take one or another: what goes from frame to frame is
// float32, so that a window that goes on from a state does the same as one that
// never stopped.

/** Turns each phasor from bin 0 on towards a[k] and its neighbours. */
export function sweepUp(
  z: usize,
  magnitude: usize,
  step: usize,
  own: usize,
  bins: i32,
): void {
  const last = bins - 1;
  let re: f64 = 0;
  let im: f64 = 0;
  let m: f64 = 1;
  // U V of the bin below.
  let fromRe: f64 = 0;
  let fromIm: f64 = 0;
  for (let k = 0; k < bins; k++) {
    const pair = <usize> k << 3;
    const level = magnitude + (<usize> k << 2);
    const vRe = <f64> load<f32>(step + pair);
    const vIm = <f64> load<f32>(step + pair, 4);
    let sumRe = <f64> load<f32>(own + pair);
    let sumIm = <f64> load<f32>(own + pair, 4);
    if (k < last) {
      const u = <f64> load<f32>(level, 4);
      const aboveRe = <f64> load<f32>(z + pair, 8);
      const aboveIm = <f64> load<f32>(z + pair, 12);
      sumRe += u * (vRe * aboveRe + vIm * aboveIm);
      sumIm += u * (vRe * aboveIm - vIm * aboveRe);
    }
    const tRe = (fromRe * re - fromIm * im) + m * sumRe;
    const tIm = (fromRe * im + fromIm * re) + m * sumIm;
    const modulus = sqrt(tRe * tRe + tIm * tIm);
    if (modulus < NO_DIRECTION * m) {
      re = <f64> load<f32>(z + pair);
      im = <f64> load<f32>(z + pair, 4);
      m = 1;
    } else {
      const unitRe = tRe / modulus;
      const unitIm = tIm / modulus;
      store<f32>(z + pair, <f32> unitRe);
      store<f32>(z + pair, <f32> unitIm, 4);
      const renew = k % RENEW == 0;
      re = renew ? unitRe : tRe;
      im = renew ? unitIm : tIm;
      m = renew ? 1 : modulus;
    }
    const u = <f64> load<f32>(level);
    fromRe = u * vRe;
    fromIm = u * vIm;
  }
}

/** The same from the last bin down. */
export function sweepDown(
  z: usize,
  magnitude: usize,
  step: usize,
  own: usize,
  bins: i32,
): void {
  let re: f64 = 0;
  let im: f64 = 0;
  let m: f64 = 1;
  // U of the bin above.
  let above: f64 = 0;
  for (let k = bins - 1; k >= 0; k--) {
    const pair = <usize> k << 3;
    const level = magnitude + (<usize> k << 2);
    let sumRe = <f64> load<f32>(own + pair);
    let sumIm = <f64> load<f32>(own + pair, 4);
    if (k > 0) {
      const below = z + pair - 8;
      const u = <f64> load<f32>(level - 4);
      const vRe = <f64> load<f32>(step + pair - 8);
      const vIm = <f64> load<f32>(step + pair - 8, 4);
      const belowRe = <f64> load<f32>(below);
      const belowIm = <f64> load<f32>(below, 4);
      sumRe += u * (vRe * belowRe - vIm * belowIm);
      sumIm += u * (vRe * belowIm + vIm * belowRe);
    }
    const toRe = above * <f64> load<f32>(step + pair);
    const toIm = above * <f64> load<f32>(step + pair, 4);
    const tRe = (toRe * re + toIm * im) + m * sumRe;
    const tIm = (toRe * im - toIm * re) + m * sumIm;
    const modulus = sqrt(tRe * tRe + tIm * tIm);
    if (modulus < NO_DIRECTION * m) {
      re = <f64> load<f32>(z + pair);
      im = <f64> load<f32>(z + pair, 4);
      m = 1;
    } else {
      const unitRe = tRe / modulus;
      const unitIm = tIm / modulus;
      store<f32>(z + pair, <f32> unitRe);
      store<f32>(z + pair, <f32> unitIm, 4);
      const renew = k % RENEW == 0;
      re = renew ? unitRe : tRe;
      im = renew ? unitIm : tIm;
      m = renew ? 1 : modulus;
    }
    above = <f64> load<f32>(level);
  }
}
