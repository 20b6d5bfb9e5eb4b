import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import type { Denoiser } from "../../lib/diffusion/denoiser.ts";
import { gaussianFrames } from "../../lib/diffusion/noise.ts";
import {
  evaluations,
  sample,
  type SamplerKind,
} from "../../lib/diffusion/sampler.ts";
import { karrasSigmas } from "../../lib/diffusion/schedule.ts";

const KINDS: SamplerKind[] = [
  "euler",
  "heun",
  "dpmpp_2s",
  "dpmpp_2m",
  "pingpong",
];

const DEVIATION = 0.5;
const MEAN = 0.3;

/** Exact denoiser of data with distribution N(MEAN, DEVIATION^2). */
const gaussian: Denoiser = (x, sigma) => {
  const variance = DEVIATION ** 2 + sigma ** 2;
  const denoised = x.map((value) =>
    (DEVIATION ** 2 * value + sigma ** 2 * MEAN) / variance
  );
  return Promise.resolve({ denoised });
};

/** Where the probability-flow ODE of `gaussian` takes x from level `from` to `to`. */
function exact(x: number, from: number, to: number): number {
  return MEAN +
    (x - MEAN) * Math.hypot(DEVIATION, to) / Math.hypot(DEVIATION, from);
}

// Levels that do not end in 0: the last step to 0 is of first order anyway.
function levels(steps: number): Float64Array {
  return karrasSigmas({ steps: steps + 1, sigmaMin: 0.1, sigmaMax: 10 })
    .subarray(0, steps + 1);
}

async function errorAfter(kind: SamplerKind, steps: number): Promise<number> {
  const x = Float32Array.of(20);
  const [result] = await sample(kind, gaussian, x, levels(steps));
  return Math.abs(result! - exact(20, 10, 0.1));
}

const ORDERS = { euler: 1, heun: 2, dpmpp_2s: 2, dpmpp_2m: 2 } as const;

for (const [kind, order] of Object.entries(ORDERS)) {
  Deno.test(`sample("${kind}") converges to the exact solution with order ${order}`, async () => {
    const coarse = await errorAfter(kind as SamplerKind, 32);
    const fine = await errorAfter(kind as SamplerKind, 64);
    assertAlmostEquals(Math.log2(coarse / fine), order, 0.25);
    assert(fine < 0.2 / 64 ** (order - 1), `error ${fine}`);
  });
}

Deno.test.each(KINDS.map((kind) => [kind]))(
  'sample("%s") calls the denoiser as often as evaluations() tells',
  async (kind) => {
    for (const steps of [1, 2, 5]) {
      let calls = 0;
      const seen: number[][] = [];
      const sigmas = karrasSigmas({ steps, sigmaMin: 0.1, sigmaMax: 10 });
      await sample(
        kind,
        (x, sigma) => (calls++, gaussian(x, sigma)),
        Float32Array.of(20),
        sigmas,
        {
          onStep: (step, sigma) => seen.push([step, sigma]),
          noise: () => new Float32Array(1),
        },
      );
      assertEquals(calls, evaluations(kind, steps));
      assertEquals(seen, [...sigmas.subarray(1)].map((s, i) => [i, s]));
    }
  },
);

Deno.test.each(KINDS.map((kind) => [kind]))(
  'sample("%s") in one step gives the prediction and leaves x alone',
  async (kind) => {
    const x = Float32Array.of(20, -3);
    const { denoised } = await gaussian(x, 10);
    const result = await sample(kind, gaussian, x, [10, 0]);
    for (const [i, value] of result.entries()) {
      assertAlmostEquals(value, denoised[i]!, 1e-6);
    }
    assertEquals(x, Float32Array.of(20, -3));
  },
);

Deno.test.each(KINDS.map((kind) => [kind]))(
  'sample("%s") stops between calls when aborted',
  async (kind) => {
    const controller = new AbortController();
    let calls = 0;
    const denoiser: Denoiser = (x, sigma) => {
      if (++calls === 2) controller.abort(new TypeError("enough"));
      return gaussian(x, sigma);
    };
    await assertRejects(
      () =>
        sample(kind, denoiser, Float32Array.of(1), levels(6), {
          signal: controller.signal,
          noise: () => new Float32Array(1),
        }),
      TypeError,
      "enough",
    );
    assertEquals(calls, 2);
  },
);

Deno.test('sample("pingpong") ends with the variance that theory gives', async () => {
  const size = { frames: 100, channels: 100, firstFrame: 0, seed: 3 };
  const sigmas = [10, 1, 0.5, 0];
  const start = gaussianFrames({ ...size, stream: 99 }).map((n) => 10 * n);
  const result = await sample("pingpong", gaussian, start, sigmas, {
    noise: (step) => gaussianFrames({ ...size, stream: step }),
  });
  let variance = 100;
  for (const [i, sigma] of sigmas.slice(0, 3).entries()) {
    const gain = DEVIATION ** 2 / (DEVIATION ** 2 + sigma ** 2);
    variance = gain ** 2 * variance + sigmas[i + 1]! ** 2;
  }
  const mean = result.reduce((sum, value) => sum + value, 0) / result.length;
  const measured = result.reduce((sum, value) => sum + (value - mean) ** 2, 0) /
    result.length;
  assertAlmostEquals(measured / variance, 1, 0.05);
});

Deno.test('sample("pingpong") throws without noise', async () => {
  await assertRejects(
    () => sample("pingpong", gaussian, Float32Array.of(1), [2, 1, 0]),
    TypeError,
    "noise",
  );
});

Deno.test('sample("euler") takes the noise direction from renoise', async () => {
  const denoiser: Denoiser = () =>
    Promise.resolve({
      denoised: Float32Array.of(1),
      renoise: Float32Array.of(0.5),
    });
  // D + sigma' / sigma (x - R) = 1 + 1 / 2 (4 - 0.5)
  const [next] = await sample("euler", denoiser, Float32Array.of(4), [2, 1]);
  assertEquals(next, 2.75);
});

for (const kind of ["heun", "dpmpp_2s", "dpmpp_2m"] as const) {
  Deno.test(`sample("${kind}") equals Euler under CFG++ if predictions are constant`, async () => {
    const constant: Denoiser = () =>
      Promise.resolve({
        denoised: Float32Array.of(1),
        renoise: Float32Array.of(0.5),
      });
    const x = Float32Array.of(4);
    const sigmas = [4, 2, 0];
    const [value] = await sample(kind, constant, x, sigmas);
    const [expected] = await sample("euler", constant, x, sigmas);
    assertAlmostEquals(value!, expected!, 1e-6);
  });
}

Deno.test("sample() rejects levels that do not fall", async () => {
  for (const sigmas of [[], [1], [1, 2], [1, 1, 0], [2, NaN, 0], [1, -1]]) {
    await assertRejects(
      () => sample("euler", gaussian, Float32Array.of(1), sigmas),
      RangeError,
      "falling",
    );
  }
});
