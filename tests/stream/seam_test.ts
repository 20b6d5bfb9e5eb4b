import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  blendBridge,
  blendSeam,
  CROSSFADE_SAMPLES,
  fadeIn,
  fadeOut,
  hush,
} from "../../lib/stream/seam.ts";

function constant(value: number, length: number) {
  return {
    left: new Float32Array(length).fill(value),
    right: new Float32Array(length).fill(-value),
  };
}

Deno.test("blendSeam() keeps the old rendering until the seam and changes in that very sample", () => {
  const fresh = constant(1, 3840);
  const at = 10_000 + 1234;
  const old = constant(0, 1234 + CROSSFADE_SAMPLES);
  blendSeam({ start: 10_000, at, old }, fresh, 10_000);
  assertEquals(fresh.left[1233], 0);
  assert(fresh.left[1234]! > 0);
  assertEquals(fresh.left[1234 + CROSSFADE_SAMPLES], 1);
  assertEquals(fresh.right[3839], -1);
});

Deno.test("blendBridge() begins with the bridge and leaves what is after it", () => {
  const fresh = constant(0.5, 4000);
  blendBridge(constant(0.25, 1440), fresh, -500);
  assertEquals(fresh.left[499], 0.5);
  assertEquals(fresh.left[500], 0.25);
  assertEquals(fresh.right[500], -0.25);
  assert(fresh.left[500 + 720]! > 0.5, "the power dips in the middle");
  assertAlmostEquals(fresh.left[500 + 1439]!, 0.5, 1e-2);
  assertEquals(fresh.left[500 + 1440], 0.5);
});

Deno.test("fadeOut() reaches silence after the last sample and leaves the rest", () => {
  const fresh = constant(1, 2000);
  fadeOut(fresh, 8000, 10_000);
  assertEquals(fresh.left[1039], 1);
  assertAlmostEquals(fresh.left[1999]!, 1 / 960, 1e-6);
});

Deno.test("fadeIn() begins at sample 0 with silence and leaves what is after 2 ms", () => {
  const fresh = constant(1, 500);
  fadeIn(fresh, -100);
  assertEquals(fresh.left[100], 0);
  assertEquals(fresh.right[148], -0.5);
  assertEquals(fresh.left[196], 1);
  const later = constant(1, 500);
  fadeIn(later, 3840);
  assertEquals(later, constant(1, 500));
});

Deno.test("hush() silences frames, and fades where they begin and end", () => {
  const fresh = constant(1, 5000);
  hush(fresh, 1000, (frame) => frame === 1 || frame === 2);
  const at = (sample: number) => fresh.left[sample];
  assertEquals([at(999), at(1000), at(1120), at(1240)], [1, 1, 0.5, 0]);
  assertEquals([at(2000), at(2999), at(3000), at(3120)], [0, 0, 0, 0.5]);
  assertEquals([at(3240), fresh.right[4999]], [1, -1]);
});
