/** Adds `window` times `signal` to `sums`; `count` is a multiple of 4. */
export function overlapAdd(
  signal: usize,
  window: usize,
  sums: usize,
  count: i32,
): void {
  for (let i = 0; i < count; i += 4) {
    const product = f32x4.mul(v128.load(signal), v128.load(window));
    v128.store(sums, f32x4.add(v128.load(sums), product));
    signal += 16;
    window += 16;
    sums += 16;
  }
}

/** Adds the first `hop` of `count` sums to `out`, and moves the rest to the front. */
export function shiftAdd(sums: usize, count: i32, hop: i32, out: usize): void {
  for (let i = 0; i < hop; i += 4) {
    const at = <usize> i << 2;
    const sum = f32x4.add(v128.load(out + at), v128.load(sums + at));
    v128.store(out + at, sum);
  }
  const moved = <usize> hop << 2;
  const rest = <usize> (count - hop) << 2;
  memory.copy(sums, sums + moved, rest);
  memory.fill(sums + rest, 0, moved);
}
