import { assert, assertAlmostEquals } from "@std/assert";
import { Costs } from "../../lib/inference/costs.ts";
import { demandOf, steadyShapes } from "../../lib/inference/demand.ts";
import type { Device } from "../../lib/inference/device.ts";
import {
  decodeKey,
  denoiseKey,
  synthesiseKey,
} from "../../lib/inference/jobs.ts";
import { loadPackage } from "../../lib/inference/package.ts";
import { openTiny, TINY, TINY_LAYERS } from "./tiny.ts";

/** A device of so many workers of each kind, of which nothing is known yet. */
function device(networks = 1, synthesis = 1) {
  const of = (workers: number) => ({ workers, costs: new Costs() });
  return { networks: of(networks), synthesis: of(synthesis) } as unknown as
    & Pick<Device, "networks" | "synthesis">
    & { networks: { costs: Costs } };
}

Deno.test("demand is the cost of a second of music, by budget and step", async () => {
  const { manifest } = await loadPackage(TINY_LAYERS);
  const { frames, total, window } = steadyShapes(manifest);
  const one = device();
  const { networks: { costs }, synthesis } = one;
  costs.record(denoiseKey("tiny_layers", total, 2), 1, 2);
  costs.record(denoiseKey("tiny_layers", total, 3), 1, 3);
  costs.record(denoiseKey("tiny_layers", total, 4), 1, 4);
  costs.record(decodeKey("tiny_layers", window), 1, 12);
  synthesis.costs.record(synthesiseKey("tiny_layers", 24), 1, 24);
  // Levels 80, 20, 8, 3 against budgets above 10, 2 and 0; 12.5 frames a second.
  const demand = demandOf(manifest, 4, one);
  const perSecond = 12.5 * ((2 + 2 + 3 + 3) / frames + 12 / 24);
  assertAlmostEquals(demand.networks, perSecond / 1000);
  assertAlmostEquals(demand.synthesis, 12.5 / 1000);
  const fewer = demandOf(manifest, 1, one);
  assertAlmostEquals(fewer.networks, 12.5 * (2 / frames + 12 / 24) / 1000);
});

Deno.test("demand is shared among workers", async () => {
  const { manifest } = await loadPackage(TINY_LAYERS);
  const one = demandOf(manifest, 4, device(1, 1));
  const four = demandOf(manifest, 4, device(4, 2));
  assertAlmostEquals(four.networks, one.networks / 4);
  assertAlmostEquals(four.synthesis, one.synthesis / 2);
});

Deno.test("guided and two-stage samplers cost what they compute", async () => {
  const { manifest } = await loadPackage(TINY);
  const one = device();
  const { total, frames, window } = steadyShapes(manifest);
  one.networks.costs.record(denoiseKey("tiny", total, null), 1, 1);
  one.networks.costs.record(denoiseKey("tiny", total, null), 2, 3);
  one.networks.costs.record(decodeKey("tiny", window), 1, 0);
  // Heun in 4 steps from 20, 3.9, 0.45 and 0.02: 7 evaluations; two levels in (0.2, 5].
  const { networks } = demandOf(manifest, 4, one);
  const inRange = [1, 3, 3, 1];
  const perBlock = inRange.reduce((sum, ms) => sum + ms, 0) * 7 / 4;
  assertAlmostEquals(networks, 12.5 * perBlock / frames / 1000, 1e-9);
});

Deno.test("a calibrated engine knows what a stream costs", async () => {
  await using engine = await openTiny([TINY_LAYERS], "cpu", {
    calibrate: true,
  });
  const model = engine.models.get("tiny_layers")!;
  const demand = (steps: number) => model.demand!(steps).networks;
  assert(demand(4) > 0 && demand(4) < 1, `${demand(4)}`);
  assert(demand(8) > demand(1));
});
