import { assertEquals } from "@std/assert";
import { combined, scaled, towards } from "../../lib/diffusion/mod.ts";

const X = Float32Array.of(1, -2, 4);
const Y = Float64Array.of(3, 2, 0);

Deno.test("sums of vectors", () => {
  assertEquals(scaled(X, 0.5), Float32Array.of(0.5, -1, 2));
  assertEquals(combined(2, X, -1, Y), Float32Array.of(-1, -6, 8));
  assertEquals(towards(X, Y, 0), X);
  assertEquals(towards(X, Y, 1), Float32Array.from(Y));
  assertEquals(towards(X, Y, 3), Float32Array.of(7, 10, -8));
  assertEquals(towards(X, Y, -1), Float32Array.of(-1, -6, 8));
});
