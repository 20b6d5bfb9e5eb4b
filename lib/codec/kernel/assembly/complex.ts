/** Turns the sign of lanes 0 and 2. */
const SIGNS = i32x4(i32.MIN_VALUE, 0, i32.MIN_VALUE, 0);

/** (a + ib)(c + id) = a c - b d, a d + b c of two pairs of float32. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function product(a: v128, b: v128): v128 {
  const re = f32x4.mul(v128.shuffle<f32>(a, a, 0, 0, 2, 2), b);
  const im = f32x4.mul(
    v128.shuffle<f32>(a, a, 1, 1, 3, 3),
    v128.shuffle<f32>(b, b, 1, 0, 3, 2),
  );
  return f32x4.add(re, v128.xor(im, SIGNS));
}
