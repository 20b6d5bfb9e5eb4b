import { assertEquals } from "@std/assert";
import { Load } from "../../lib/inference/load.ts";

/** A regular unit with so much time to spare when it starts. */
function unit(spareMs: number, nowMs: number) {
  const [costMs, restMs] = [10, 30];
  return {
    dueMs: nowMs + costMs + restMs + spareMs,
    ...{ interactive: false, costMs, restMs },
  };
}

Deno.test("pressure rises when units start late, a level at a time", () => {
  const load = new Load();
  const start = (spareMs: number, nowMs: number) => {
    load.started(unit(spareMs, nowMs), nowMs);
    return load.pressure;
  };
  assertEquals(start(2000, 0), 0);
  assertEquals(start(500, 10), 0);
  assertEquals(start(100, 20), 1);
  assertEquals(start(100, 30), 1);
  assertEquals(start(-50, 600), 2);
  assertEquals(start(-50, 6000), 2);
});

Deno.test("pressure goes back a level at a time, once all have enough for a while", () => {
  const load = new Load();
  load.started(unit(0, 0), 0);
  load.started(unit(0, 600), 600);
  assertEquals(load.pressure, 2);
  // Enough not to rise, but not enough to relax.
  for (let ms = 1000; ms < 9000; ms += 100) load.started(unit(600, ms), ms);
  assertEquals(load.pressure, 2);
  load.tick(13_800);
  assertEquals(load.pressure, 2);
  load.tick(14_000);
  assertEquals(load.pressure, 1);
  load.tick(18_900);
  assertEquals(load.pressure, 1);
  load.tick(19_000);
  assertEquals(load.pressure, 0);
});

Deno.test("what somebody waits for says nothing of the load", () => {
  const load = new Load();
  load.started({ ...unit(-500, 0), interactive: true }, 0);
  assertEquals(load.pressure, 0);
});
