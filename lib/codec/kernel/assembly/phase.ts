/** Below this modulus a sum of phasors has no direction worth keeping. */
const NO_DIRECTION: f64 = 1e-12;

/** a[k] = U'[k] z'[k] T[k]: the phasors `z` (float32 pairs) of the frame before, turned on. `turn`, `own`: float64 pairs. */
export function predict(
  z: usize,
  magnitude: usize,
  advance: usize,
  turn: usize,
  own: usize,
  bins: i32,
): void {
  for (let k = 0; k < bins; k++) {
    const pair = <usize> k << 3;
    const wide = <usize> k << 4;
    const dRe = <f64> load<f32>(advance + pair);
    const dIm = <f64> load<f32>(advance + pair, 4);
    const turnRe = load<f64>(turn + wide);
    const turnIm = load<f64>(turn + wide, 8);
    const tRe = dRe * turnRe - dIm * turnIm;
    const tIm = dRe * turnIm + dIm * turnRe;
    const u = <f64> load<f32>(magnitude + (<usize> k << 2));
    const re = <f64> load<f32>(z + pair);
    const im = <f64> load<f32>(z + pair, 4);
    store<f64>(own + wide, u * (re * tRe - im * tIm));
    store<f64>(own + wide, u * (re * tIm + im * tRe), 8);
  }
}

/** z[k] = unit(a[k]), or 1. */
export function start(z: usize, own: usize, bins: i32): void {
  for (let k = 0; k < bins; k++) {
    const pair = <usize> k << 3;
    const a = v128.load(own + (<usize> k << 4));
    const squares = f64x2.mul(a, a);
    const modulus = sqrt(
      f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1),
    );
    if (modulus >= NO_DIRECTION) {
      const unit = f64x2.div(a, f64x2.splat(modulus));
      v128.store64_lane(z + pair, f32x4.demote_f64x2_zero(unit), 0);
    } else {
      store<f32>(z + pair, 1);
      store<f32>(z + pair, 0, 4);
    }
  }
}

// Small differences grow in here, as phases without a clear direction take one or
// another: a phasor is rounded to float32 before its neighbour hears of it, so
// that a window that goes on from a state does the same as one that never stopped.

/** Turns each phasor from bin 0 on towards a[k] and its neighbours. */
export function sweepUp(
  z: usize,
  magnitude: usize,
  step: usize,
  own: usize,
  bins: i32,
): void {
  const last = bins - 1;
  // z of the bin below, and U V from there.
  let re: f64 = 0;
  let im: f64 = 0;
  let fromRe: f64 = 0;
  let fromIm: f64 = 0;
  for (let k = 0; k < bins; k++) {
    const pair = <usize> k << 3;
    const wide = <usize> k << 4;
    const level = magnitude + (<usize> k << 2);
    const vRe = <f64> load<f32>(step + pair);
    const vIm = <f64> load<f32>(step + pair, 4);
    let sumRe = load<f64>(own + wide);
    let sumIm = load<f64>(own + wide, 8);
    if (k < last) {
      const u = <f64> load<f32>(level, 4);
      const aboveRe = <f64> load<f32>(z + pair, 8);
      const aboveIm = <f64> load<f32>(z + pair, 12);
      sumRe += u * (vRe * aboveRe + vIm * aboveIm);
      sumIm += u * (vRe * aboveIm - vIm * aboveRe);
    }
    sumRe += fromRe * re - fromIm * im;
    sumIm += fromRe * im + fromIm * re;
    const modulus = sqrt(sumRe * sumRe + sumIm * sumIm);
    if (modulus < NO_DIRECTION) {
      re = <f64> load<f32>(z + pair);
      im = <f64> load<f32>(z + pair, 4);
    } else {
      const unitRe = <f32> (sumRe / modulus);
      const unitIm = <f32> (sumIm / modulus);
      store<f32>(z + pair, unitRe);
      store<f32>(z + pair, unitIm, 4);
      re = <f64> unitRe;
      im = <f64> unitIm;
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
  // z of the bin above, and U of it.
  let re: f64 = 0;
  let im: f64 = 0;
  let above: f64 = 0;
  for (let k = bins - 1; k >= 0; k--) {
    const pair = <usize> k << 3;
    const wide = <usize> k << 4;
    const level = magnitude + (<usize> k << 2);
    let sumRe = load<f64>(own + wide);
    let sumIm = load<f64>(own + wide, 8);
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
    sumRe += toRe * re + toIm * im;
    sumIm += toRe * im - toIm * re;
    const modulus = sqrt(sumRe * sumRe + sumIm * sumIm);
    if (modulus < NO_DIRECTION) {
      re = <f64> load<f32>(z + pair);
      im = <f64> load<f32>(z + pair, 4);
    } else {
      const unitRe = <f32> (sumRe / modulus);
      const unitIm = <f32> (sumIm / modulus);
      store<f32>(z + pair, unitRe);
      store<f32>(z + pair, unitIm, 4);
      re = <f64> unitRe;
      im = <f64> unitIm;
    }
    above = <f64> load<f32>(level);
  }
}
