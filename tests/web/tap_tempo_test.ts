import { assertAlmostEquals, assertEquals } from "@std/assert";
import { TapTempo } from "../../web/tap_tempo.ts";

Deno.test("TapTempo averages the time between taps", () => {
  const taps = new TapTempo();
  assertEquals(taps.tap(1000), null);
  assertAlmostEquals(taps.tap(1490)!, 60_000 / 490);
  assertAlmostEquals(taps.tap(2000)!, 120);
});

Deno.test("TapTempo stays within 40 and 240", () => {
  const taps = new TapTempo();
  taps.tap(0);
  assertEquals(taps.tap(10), 240);
  const slow = new TapTempo();
  slow.tap(0);
  assertEquals(slow.tap(1900), 40);
});

Deno.test("TapTempo begins anew after a pause", () => {
  const taps = new TapTempo();
  taps.tap(0);
  taps.tap(500);
  assertEquals(taps.tap(5000), null);
  assertAlmostEquals(taps.tap(6000)!, 60);
});
