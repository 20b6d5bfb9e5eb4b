import { assert, assertEquals } from "@std/assert";
import { KERNEL_WASM } from "../../../lib/codec/kernel/binary.ts";
import { createKernel } from "../../../lib/codec/kernel/kernel.ts";
import { philox4x32 } from "../../../lib/diffusion/philox.ts";
import { compileKernel } from "../../../scripts/build_kernel.ts";

Deno.test("the kernel is what its source compiles to", async () => {
  const bytes = await compileKernel();
  const binary = Uint8Array.from(atob(KERNEL_WASM), (c) => c.charCodeAt(0));
  assertEquals(binary, bytes);
});

Deno.test("exponentials() is exp, to the last bit but one", async () => {
  const kernel = await createKernel(65_536);
  const from = kernel.floats(1001);
  const to = kernel.floats(1001);
  for (let i = 0; i < from.length; i++) from[i] = (i - 500) / 6;
  from.set([0, -Infinity, Infinity, NaN]);
  kernel.loops.exponentials(from.byteOffset, to.byteOffset, from.length);
  for (const [i, x] of from.entries()) {
    const exact = Math.fround(Math.exp(x));
    if (Object.is(to[i], exact)) continue;
    assert(Math.abs(to[i]! / exact - 1) < 1.2e-7, `exp(${x}) is ${to[i]}`);
  }
});

Deno.test("drawNoise() takes its phases from Philox, a byte each", async () => {
  const kernel = await createKernel(65_536);
  const [from, to, j] = [6, 15, 123_456];
  const circle = kernel.floats(512);
  // Not cos and sin, but what tells which angle was drawn.
  for (let i = 0; i < 256; i++) circle.set([i, 1000 + i], 2 * i);
  const gains = kernel.floats(4 * (to - from));
  for (let i = 0; i < to - from; i++) gains.set([1, 2, 0, 0], 4 * i);
  const magnitudes = kernel.floats(2);
  magnitudes.set([3, 5]);
  const bands = kernel.words(to - from);
  bands.fill(1, 4);
  const left = kernel.floats(2 * to);
  const right = kernel.floats(2 * to);
  const draw = () =>
    kernel.loops.drawNoise(
      ...[j, from, to] as const,
      bands.byteOffset,
      magnitudes.byteOffset,
      gains.byteOffset,
      circle.byteOffset,
      left.byteOffset,
      right.byteOffset,
    );
  const words = new Uint32Array(4);
  const byteOf = (word: number, k: number) => {
    philox4x32(0x50524553, 0x5449, j, Math.trunc(k / 4), 0, 0, words);
    return words[word]! >>> 8 * (k % 4) & 255;
  };
  draw();
  for (let k = from; k < to; k++) {
    const u = k - from < 4 ? 3 : 5;
    assertEquals(left[2 * k], u * byteOf(0, k), `bin ${k}`);
    assertEquals(left[2 * k + 1], u * (1000 + byteOf(0, k)));
    assertEquals(right[2 * k], 2 * u * byteOf(0, k));
  }
  for (let i = 0; i < to - from; i++) gains.set([0, 0, 1, 1], 4 * i);
  draw();
  for (let k = from; k < to; k++) {
    const u = k - from < 4 ? 3 : 5;
    assertEquals(left[2 * k], u * byteOf(1, k), `bin ${k}`);
    assertEquals(right[2 * k], u * byteOf(2, k), `bin ${k}`);
  }
});
