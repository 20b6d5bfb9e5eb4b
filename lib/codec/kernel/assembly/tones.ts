/**
 * Spectra of both channels: `left`, `right` = U z c, with c of the bin in
 * `gains` as four float32: re and im for the left, re and im for the right.
 */
export function placeTones(
  z: usize,
  magnitude: usize,
  gains: usize,
  left: usize,
  right: usize,
  bins: i32,
): void {
  for (let k = 0; k < bins; k++) {
    const pair = <usize> k << 3;
    const u = v128.load32_splat(magnitude + (<usize> k << 2));
    const phasor = f32x4.mul(u, v128.load64_splat(z + pair));
    const gain = v128.load(gains + (<usize> k << 4));
    // (a + ib)(c + id): a c - b d, a d + b c in each half.
    const re = f32x4.mul(v128.shuffle<f32>(phasor, phasor, 0, 0, 2, 2), gain);
    const im = f32x4.mul(
      v128.shuffle<f32>(phasor, phasor, 1, 1, 3, 3),
      v128.shuffle<f32>(gain, gain, 1, 0, 3, 2),
    );
    const signed = v128.xor(im, SIGNS);
    const both = f32x4.add(re, signed);
    v128.store64_lane(left + pair, both, 0);
    v128.store64_lane(right + pair, both, 1);
  }
}

/** Turns the sign of lanes 0 and 2. */
const SIGNS = i32x4(i32.MIN_VALUE, 0, i32.MIN_VALUE, 0);
