import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  bpmInText,
  bpmOfPatch,
  durationSamples,
  resolveBpm,
  resolveControls,
} from "../../lib/stream/resolve.ts";

Deno.test("bpmInText() reads a tempo and nothing else", () => {
  assertEquals(bpmInText("upbeat funk with slap bass at 110 bpm"), 110);
  assertEquals(bpmInText("92.5 BPM boom bap"), 92.5);
  assertEquals(bpmInText("70 beats per minute"), 70);
  assertEquals(bpmInText("in 4/4 at bpm 100"), 100);
  assertEquals(bpmInText("BPM: 87.5 trap, 16 bars"), 87.5);
  assertEquals(bpmInText("128 bpm 90s rave"), 128);
  assertEquals(bpmInText("house from 1988"), null);
  assertEquals(bpmInText("900 bpm"), null);
});

Deno.test("resolveBpm() prefers the field, then the heaviest prompt's words, then the prediction", () => {
  const prompts = [
    { text: "techno at 140 bpm", weight: 1 },
    { text: "dub at 75 bpm", weight: 2 },
  ];
  assertEquals(resolveBpm({ bpm: 100, prompts }, 90), 100);
  assertEquals(resolveBpm({ prompts }, 90), 75);
  assertEquals(resolveBpm({}, 90.4), 90);
  assertEquals(resolveBpm({}, 500), 240);
  assertEquals(resolveBpm({}, null), 120);
});

Deno.test("bpmOfPatch() lets prompts set the tempo unless a field has, until the field is null", () => {
  const prompts = [{ text: "techno at 140 bpm", weight: 1 }];
  const plain = [{ text: "dub", weight: 1 }];
  const of = (
    patch: Parameters<typeof bpmOfPatch>[0],
    before: Parameters<typeof bpmOfPatch>[1],
  ) => bpmOfPatch(patch, before, ({ prompts }) => prompts === plain ? 75 : 90);
  assertEquals(of({ prompts }, {}), 140);
  assertEquals(of({ prompts }, { bpm: null }), 140);
  assertEquals(of({ prompts: plain }, {}), null);
  assertEquals(of({ prompts }, { bpm: 100 }), null);
  assertEquals(of({ prompts, bpm: 101 }, { bpm: 100 }), 101);
  assertEquals(of({ energy: 1 }, { bpm: 100, prompts }), null);
  assertEquals(of({ bpm: null }, { bpm: 100, prompts }), 140);
  assertEquals(of({ bpm: null, prompts: plain }, { bpm: 100, prompts }), 75);
});

Deno.test("resolveControls() makes weights sum to 1 and fills in defaults", () => {
  const resolved = resolveControls({
    prompts: [{ text: "a", weight: 1 }, { text: "b", weight: 3 }],
    parts: { drums: false },
  });
  assertEquals(resolved.prompts?.map((p) => p.weight), [0.25, 0.75]);
  assertEquals(resolved.meter, 4);
  assertEquals(resolved.parts, {
    drums: false,
    bass: true,
    harmony: true,
    melody: true,
  });
});

Deno.test("durationSamples() counts bars exactly", () => {
  assertEquals(durationSamples({ bars: 4 }, 120, 4), 384_000);
  assertEquals(durationSamples({ bars: 8 }, 128, 3), 540_000);
  assertAlmostEquals(durationSamples({ seconds: 1.5 }, 120, 4), 72_000);
});
