const M0: u64 = 0xd2511f53;
const M1: u64 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;
const KEY0: u32 = 0x50524553;
const KEY1: u32 = 0x5449;
const ROUNDS: i32 = 10;

/** Bins that share a block of random words: a phase is a byte. */
const GROUP: i32 = 4;

/**
 * Spectra of noise frame `j` for bins `from` to `to`, written at their place in
 * `left` and `right`. A bin has in `gains` four float32: level of the common
 * phasor on the left, on the right, level of the channel's own on the left, on
 * the right; its band's magnitude is found by an index of two bytes in `bands`.
 *
 * @param circle cos and sin of 256ths of a turn, float32 pairs.
 */
export function drawNoise(
  j: u32,
  from: i32,
  to: i32,
  bands: usize,
  magnitudes: usize,
  gains: usize,
  circle: usize,
  left: usize,
  right: usize,
): void {
  let k = from;
  while (k < to) {
    const group = k / GROUP;
    // Philox4x32-10 (Salmon et al. 2011) of the counter (j, group, 0, 0).
    let c0 = j;
    let c1 = <u32> group;
    let c2: u32 = 0;
    let c3: u32 = 0;
    let k0 = KEY0;
    let k1 = KEY1;
    for (let round = 0; round < ROUNDS; round++) {
      const p0 = M0 * <u64> c0;
      const p1 = M1 * <u64> c2;
      c0 = <u32> (p1 >> 32) ^ c1 ^ k0;
      c1 = <u32> p1;
      c2 = <u32> (p0 >> 32) ^ c3 ^ k1;
      c3 = <u32> p0;
      k0 += W0;
      k1 += W1;
    }
    const end = min(to, (group + 1) * GROUP);
    for (; k < end; k++) {
      const shift = (k % GROUP) << 3;
      const c = <usize> (c0 >> shift & 255) << 3;
      const l = <usize> (c1 >> shift & 255) << 3;
      const r = <usize> (c2 >> shift & 255) << 3;
      const common = v128.load64_splat(circle + c);
      const own = v128.load64_lane(
        circle + r,
        v128.load64_zero(circle + l),
        1,
      );
      const i = k - from;
      const level = v128.load(gains + (<usize> i << 4));
      const band = <usize> load<u16>(bands + (<usize> i << 1));
      const u = v128.load32_splat(magnitudes + (band << 2));
      const both = f32x4.mul(
        u,
        f32x4.add(
          f32x4.mul(common, v128.shuffle<f32>(level, level, 0, 0, 1, 1)),
          f32x4.mul(own, v128.shuffle<f32>(level, level, 2, 2, 3, 3)),
        ),
      );
      v128.store64_lane(left + (<usize> k << 3), both, 0);
      v128.store64_lane(right + (<usize> k << 3), both, 1);
    }
  }
}
