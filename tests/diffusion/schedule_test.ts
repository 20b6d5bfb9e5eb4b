import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { karrasSigmas, scheduleSigmas } from "../../lib/diffusion/schedule.ts";

Deno.test("karrasSigmas() gives the levels of EDM's 18 steps", () => {
  const sigmas = karrasSigmas({ steps: 18, sigmaMin: 0.002, sigmaMax: 80 });
  const expected = [
    ...[80, 57.58598472, 40.7855738, 28.3745846, 19.35245298, 12.91008238],
    ...[8.40093531, 5.31519452, 3.25682152, 1.92333984, 1.08817064],
    ...[0.58534812, 0.29644228, 0.13951647, 0.05994731, 0.02293452],
    ...[0.00752802, 0.002, 0],
  ];
  assertEquals(sigmas.length, 19);
  for (const [i, sigma] of sigmas.entries()) {
    assertAlmostEquals(sigma, expected[i]!, 1e-8);
  }
});

Deno.test('karrasSigmas() stops one place above sigmaMin on grid "n"', () => {
  const options = { sigmaMin: 0.002, sigmaMax: 80 };
  const sigmas = karrasSigmas({ ...options, steps: 4, grid: "n" });
  const longer = karrasSigmas({ ...options, steps: 5, grid: "n-1" });
  assertEquals([...sigmas.subarray(0, 4)], [...longer.subarray(0, 4)]);
  assertEquals(sigmas[4], 0);
});

Deno.test("karrasSigmas() gives one step on either grid", () => {
  for (const grid of ["n", "n-1"] as const) {
    const sigmas = karrasSigmas({ steps: 1, sigmaMin: 1, sigmaMax: 32, grid });
    assertAlmostEquals(sigmas[0]!, 32, 1e-12);
    assertEquals(sigmas[1], 0);
  }
});

Deno.test("karrasSigmas() throws on options out of range", () => {
  const options = { steps: 4, sigmaMin: 0.01, sigmaMax: 10 };
  for (const wrong of [{ steps: 0 }, { steps: 1.5 }, { sigmaMin: 0 }]) {
    assertThrows(() => karrasSigmas({ ...options, ...wrong }), RangeError);
  }
});

Deno.test("scheduleSigmas() reads a package's Karras schedule", () => {
  const sigmas = scheduleSigmas(
    { kind: "karras", sigma_min: 0.03, sigma_max: 40, rho: 5, grid: "n" },
    6,
  );
  assertEquals(
    sigmas,
    karrasSigmas({ steps: 6, sigmaMin: 0.03, sigmaMax: 40, rho: 5, grid: "n" }),
  );
});

Deno.test("scheduleSigmas() appends 0 to explicit levels", () => {
  const levels = { "1": [80], "2": [80, 1.5] };
  assertEquals([...scheduleSigmas({ kind: "levels", levels }, 2)], [
    80,
    1.5,
    0,
  ]);
});

Deno.test("scheduleSigmas() throws on levels that are absent or do not fall", () => {
  const levels = { "1": [0], "2": [1, 1], "3": [3, 2] };
  for (const steps of [1, 2, 3, 4]) {
    assertThrows(
      () => scheduleSigmas({ kind: "levels", levels }, steps),
      RangeError,
      `${steps} steps`,
    );
  }
});
