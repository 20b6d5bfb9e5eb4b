import { assertEquals, assertThrows } from "@std/assert";
import { interleaveF32, interleaveS16 } from "../../lib/audio/pcm.ts";

Deno.test("interleaveS16() scales by 32767, rounds to nearest and clamps", () => {
  const left = Float32Array.of(0, 1, -1, 2, -2, 0.5);
  const right = Float32Array.of(
    1 / 32767,
    0.999,
    0.6 / 32767,
    -0.4 / 32767,
    NaN,
    -0.5,
  );
  assertEquals(
    [...interleaveS16(left, right)],
    [0, 1, 32767, 32734, -32767, 1, 32767, 0, -32767, 0, 16384, -16383],
  );
});

Deno.test("interleaveF32() keeps values", () => {
  const both = interleaveF32(Float32Array.of(1.5, 2), Float32Array.of(-3, 4));
  assertEquals([...both], [1.5, -3, 2, 4]);
});

Deno.test("interleaveS16() throws on channels of different length", () => {
  assertThrows(
    () => interleaveS16(new Float32Array(2), new Float32Array(3)),
    RangeError,
    "2 and 3",
  );
});
