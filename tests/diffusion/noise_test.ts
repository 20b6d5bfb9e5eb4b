import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { gaussianFrames } from "../../lib/diffusion/noise.ts";

const BASE = { seed: 7, stream: 0, firstFrame: 0, frames: 64, channels: 96 };

Deno.test("gaussianFrames() does not depend on how frames are cut", () => {
  const whole = gaussianFrames({ ...BASE, channels: 10 });
  for (const [firstFrame, frames] of [[0, 5], [5, 1], [6, 58]] as const) {
    const part = gaussianFrames({ ...BASE, channels: 10, firstFrame, frames });
    const at = firstFrame * 10;
    assertEquals(part, whole.slice(at, at + frames * 10));
  }
});

Deno.test("gaussianFrames() does not depend on the number of channels", () => {
  const few = gaussianFrames({ ...BASE, frames: 1, channels: 3 });
  const many = gaussianFrames({ ...BASE, frames: 1, channels: 96 });
  assertEquals(few, many.slice(0, 3));
});

Deno.test("gaussianFrames() has the moments of a standard normal", () => {
  const noise = gaussianFrames({ ...BASE, frames: 2000 });
  const moments = [1, 2, 3, 4].map((order) =>
    noise.reduce((sum, value) => sum + value ** order, 0) / noise.length
  );
  assertAlmostEquals(moments[0]!, 0, 0.01);
  assertAlmostEquals(moments[1]!, 1, 0.01);
  assertAlmostEquals(moments[2]!, 0, 0.03);
  assertAlmostEquals(moments[3]!, 3, 0.06);
});

Deno.test("gaussianFrames() is uncorrelated over seeds, streams, frames and channels", () => {
  const noise = gaussianFrames(BASE);
  const others = {
    seed: gaussianFrames({ ...BASE, seed: 8 }),
    stream: gaussianFrames({ ...BASE, stream: 1 }),
    frame: gaussianFrames({ ...BASE, firstFrame: 1 }),
    farFrame: gaussianFrames({ ...BASE, firstFrame: 2 ** 32 }),
    channel: Float32Array.of(...noise.subarray(1), noise[0]!),
  };
  for (const [name, other] of Object.entries(others)) {
    const dot = noise.reduce((sum, value, i) => sum + value * other[i]!, 0);
    assert(Math.abs(dot / noise.length) < 0.05, name);
  }
});

Deno.test("gaussianFrames() is fixed for all time", () => {
  const [a, b, c, d] = gaussianFrames({ ...BASE, frames: 1, channels: 4 });
  const expected = [
    -2.286391258239746,
    -0.38572168350219727,
    1.36686110496521,
    0.04319790378212929,
  ];
  for (const [i, value] of [a!, b!, c!, d!].entries()) {
    assertAlmostEquals(value, expected[i]!, 1e-6);
  }
});
