import { product } from "./complex";

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
    const both = product(phasor, gain);
    v128.store64_lane(left + pair, both, 0);
    v128.store64_lane(right + pair, both, 1);
  }
}
