import { assertAlmostEquals, assertEquals } from "@std/assert";
import { BeatClock } from "../../../lib/client/player/beat_clock.ts";

/** A clock that has heard `count` frames of 20 ms at this tempo. */
function clockAt(bpm: number, count: number): BeatClock {
  const clock = new BeatClock();
  for (let i = 0; i < count; i++) clock.add(960 * i, 960 * i * bpm / 2_880_000);
  return clock;
}

Deno.test("BeatClock knows beats between and beyond frames", () => {
  const clock = clockAt(120, 10);
  assertAlmostEquals(clock.beatAt(0)!, 0);
  assertAlmostEquals(clock.beatAt(1200)!, 0.05);
  assertAlmostEquals(clock.beatAt(48_000)!, 2);
  assertAlmostEquals(clock.bpmAt(4000)!, 120);
});

Deno.test("BeatClock follows a change of tempo", () => {
  const clock = clockAt(60, 50);
  clock.add(48_000, 1);
  clock.add(48_960, 1.04);
  assertAlmostEquals(clock.bpmAt(47_500)!, 60);
  assertAlmostEquals(clock.bpmAt(48_500)!, 120);
});

Deno.test("BeatClock knows nothing before two frames", () => {
  const clock = clockAt(120, 1);
  assertEquals([clock.beatAt(0), clock.bpmAt(0)], [null, null]);
  assertEquals(clock.sampleAt(0), null);
});

Deno.test("BeatClock finds the sample of a beat", () => {
  const clock = clockAt(120, 100);
  assertAlmostEquals(clock.sampleAt(1)!, 24_000, 1e-6);
  assertAlmostEquals(clock.sampleAt(8)!, 192_000, 1e-6);
  assertAlmostEquals(clock.beatAt(clock.sampleAt(2.3)!)!, 2.3);
});

Deno.test("BeatClock starts anew when frames go back", () => {
  const clock = clockAt(120, 100);
  clock.add(0, 0);
  clock.add(960, 0.02);
  assertAlmostEquals(clock.bpmAt(0)!, 60);
});

Deno.test("BeatClock forgets what is long past", () => {
  const clock = clockAt(100, 100_000);
  assertAlmostEquals(clock.bpmAt(960 * 99_999)!, 100, 1e-6);
});
