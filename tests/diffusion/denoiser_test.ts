import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { precondition, preconditioning } from "../../lib/diffusion/denoiser.ts";

Deno.test.each([[0.002], [0.5], [80]])(
  "preconditioning() keeps input and output at unit variance at sigma %d",
  (sigma) => {
    const sigmaData = 0.5;
    const { cSkip, cOut, cIn, cNoise } = preconditioning(sigma, sigmaData);
    const inputVariance = cIn ** 2 * (sigmaData ** 2 + sigma ** 2);
    // Effective target of F: (y - c_skip (y + n)) / c_out.
    const targetVariance = ((1 - cSkip) ** 2 * sigmaData ** 2 +
      cSkip ** 2 * sigma ** 2) / cOut ** 2;
    assertAlmostEquals(inputVariance, 1, 1e-12);
    assertAlmostEquals(targetVariance, 1, 1e-9);
    assertAlmostEquals(Math.exp(4 * cNoise), sigma, 1e-9 * sigma);
  },
);

Deno.test("precondition() wraps every row of the network's batch", async () => {
  const calls: unknown[] = [];
  const denoise = precondition((input, level, rows) => {
    calls.push([[...input], level, rows]);
    return Promise.resolve(Float32Array.of(1, 2, 3, 4));
  }, 1);
  // sigma = sigmaData = 1: c_skip 1/2, c_out and c_in 1/sqrt(2), c_noise 0.
  const rows = await denoise(Float32Array.of(2, -2), 1, 2);
  const c = Math.SQRT1_2;
  const level = { sigma: 1, cNoise: 0 };
  assertEquals(calls, [[[...Float32Array.of(2 * c, -2 * c)], level, 2]]);
  assertEquals(rows, [
    Float32Array.of(1 + c, -1 + 2 * c),
    Float32Array.of(1 + 3 * c, -1 + 4 * c),
  ]);
});

Deno.test("precondition() rejects an output of another size", async () => {
  const denoise = precondition(() => Promise.resolve(new Float32Array(3)), 1);
  await assertRejects(
    () => denoise(new Float32Array(2), 1, 2),
    RangeError,
    "3 network outputs",
  );
});
