import { assertEquals } from "@std/assert";
import { defaultThreads } from "../../lib/inference/open_engine.ts";

const MB = 2 ** 20;

Deno.test("a small denoiser has one thread, however many cores there are", () => {
  for (const cores of [1, 2, 4, 16]) {
    assertEquals(defaultThreads(12 * MB, cores), 1);
  }
});

Deno.test("a large denoiser has all cores of a small machine, and leaves one of a larger", () => {
  const threads = [1, 2, 4, 6, 16].map((cores) =>
    defaultThreads(400 * MB, cores)
  );
  assertEquals(threads, [1, 2, 3, 5, 8]);
});

Deno.test("workers share the cores", () => {
  assertEquals(defaultThreads(400 * MB, 2, 2), 1);
  assertEquals(defaultThreads(400 * MB, 9, 2), 4);
  assertEquals(defaultThreads(400 * MB, 2, 5), 1);
});
