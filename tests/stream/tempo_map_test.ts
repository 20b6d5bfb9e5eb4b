import { assertAlmostEquals, assertEquals } from "@std/assert";
import { TempoMap } from "../../lib/stream/tempo_map.ts";

Deno.test("TempoMap places beats of a constant tempo exactly, an hour on", () => {
  const tempo = new TempoMap(120);
  assertEquals(tempo.sampleAt(0), 0);
  assertEquals(tempo.sampleAt(1), 24_000);
  assertEquals(tempo.sampleAt(7200), 172_800_000);
  assertEquals(tempo.beatAt(172_800_000), 7200);
});

Deno.test("TempoMap rounds a beat to the nearest sample without accumulating", () => {
  const tempo = new TempoMap(127);
  for (const beat of [1, 999, 4 * 127 * 60]) {
    const exact = beat * 60 * 48_000 / 127;
    assertEquals(tempo.sampleAt(beat), Math.round(exact));
    assertAlmostEquals(tempo.beatAt(tempo.sampleAt(beat)), beat, 1e-4);
  }
});

Deno.test("TempoMap goes on from the beat at which the tempo changes", () => {
  const tempo = new TempoMap(120);
  tempo.change(tempo.sampleAt(16), 60, 0);
  assertEquals(tempo.beatAt(tempo.sampleAt(16)), 16);
  assertEquals(tempo.sampleAt(17) - tempo.sampleAt(16), 48_000);
  assertEquals(tempo.beatAt(48_000), 2);
});

Deno.test("TempoMap integrates a linear ramp", () => {
  const tempo = new TempoMap(60);
  tempo.change(0, 120, 480_000);
  // Ten seconds at a mean of 90 beats a minute are 15 beats.
  assertAlmostEquals(tempo.beatAt(480_000), 15, 1e-9);
  assertAlmostEquals(tempo.bpmAt(240_000), 90, 1e-9);
  assertAlmostEquals(tempo.beatAt(528_000), 17, 1e-9);
  for (const beat of [0.5, 3, 14.99, 15, 40]) {
    assertAlmostEquals(tempo.beatAt(tempo.sampleAt(beat)), beat, 1e-4);
  }
});

Deno.test("TempoMap drops what was planned after a change", () => {
  const tempo = new TempoMap(120);
  tempo.change(480_000, 60, 0);
  tempo.change(240_000, 240, 0);
  assertEquals(tempo.beatAt(240_000), 10);
  assertEquals(tempo.beatAt(480_000), 30);
});

Deno.test("TempoMap has the first tempo before sample 0 too", () => {
  const tempo = new TempoMap(90);
  assertEquals(tempo.bpmAt(-3840), 90);
  assertAlmostEquals(tempo.beatAt(-3840), -0.12, 1e-12);
  tempo.change(0, 180, 96_000);
  assertEquals(tempo.bpmAt(-3840), 90);
});
