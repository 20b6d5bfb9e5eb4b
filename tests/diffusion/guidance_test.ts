import { assertEquals } from "@std/assert";
import type { BatchDenoiser } from "../../lib/diffusion/denoiser.ts";
import { type Guidance, guide } from "../../lib/diffusion/guidance.ts";

const COND = Float32Array.of(1, 2);
const UNCOND = Float32Array.of(0, 4);
const X = new Float32Array(2);
const CFG: Guidance = { kind: "cfg", scale: 3, sigmaLow: 0.5, sigmaHigh: 5 };

function counting() {
  const rowsSeen: number[] = [];
  const batch: BatchDenoiser = (_x, _sigma, rows) => {
    rowsSeen.push(rows);
    return Promise.resolve([COND, UNCOND].slice(0, rows));
  };
  return { batch, rowsSeen };
}

Deno.test("guide() extrapolates from the unconditional prediction", async () => {
  const { batch } = counting();
  assertEquals(await guide(batch, CFG)(X, 1), {
    denoised: Float32Array.of(3, -2),
  });
});

Deno.test("guide() gives the conditional prediction at CFG scale 1", async () => {
  const { batch, rowsSeen } = counting();
  const denoiser = guide(batch, { ...CFG, scale: 1 });
  assertEquals(await denoiser(X, 1), { denoised: COND });
  assertEquals(rowsSeen, [1]);
});

Deno.test("guide() runs a batch of 2 only where sigmaLow < sigma <= sigmaHigh", async () => {
  const { batch, rowsSeen } = counting();
  const denoiser = guide(batch, CFG);
  for (const sigma of [5.1, 5, 0.6, 0.5]) await denoiser(X, sigma);
  assertEquals(rowsSeen, [1, 2, 2, 1]);
});

Deno.test("guide() runs one row without guidance", async () => {
  const { batch, rowsSeen } = counting();
  assertEquals(await guide(batch, null)(X, 1), { denoised: COND });
  assertEquals(rowsSeen, [1]);
});

Deno.test("guide() renoises with the unconditional prediction under CFG++", async () => {
  const { batch } = counting();
  const denoiser = guide(batch, { ...CFG, kind: "cfg++", scale: 0.5 });
  assertEquals(await denoiser(X, 1), {
    denoised: Float32Array.of(0.5, 3),
    renoise: UNCOND,
  });
});
