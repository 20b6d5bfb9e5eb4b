import { assert, assertEquals } from "@std/assert";
import { parseClientMessage } from "../../lib/protocol/mod.ts";
import {
  chordsFault,
  controlsOf,
  DEFAULTS,
  landingOf,
  patchOf,
  restartKey,
  type Settings,
  startOf,
} from "../../web/settings.ts";

const FULL: Settings = {
  ...DEFAULTS,
  cards: [
    { text: " funk ", weight: 1, hue: 0 },
    { text: "", weight: 1, hue: 0 },
    { text: "techno", weight: 0, hue: 0 },
  ],
  bpm: 128,
  key: "A minor",
  chords: "Am F",
  density: 0,
  energy: 1,
  model: "pocket",
  seed: 0,
  steps: 2,
};

Deno.test("startOf() leaves out empty cards and what is automatic", () => {
  assertEquals(startOf(FULL), {
    prompts: [{ text: "funk", weight: 1 }],
    bpm: 128,
    meter: 4,
    key: "A minor",
    chords: "Am F",
    density: 0,
    energy: 1,
    parts: { drums: true, bass: true, harmony: true, melody: true },
    model: "pocket",
    seed: 0,
    steps: 2,
    lead_ms: 400,
  });
});

Deno.test("startOf() is null without a prompt of any weight", () => {
  assertEquals(startOf({ ...FULL, cards: [] }), null);
});

Deno.test("startOf() and landingOf() are messages that the server takes", () => {
  for (const settings of [FULL, DEFAULTS]) {
    const start = { type: "start", stream: "a", ...startOf(settings) };
    assert(parseClientMessage(JSON.stringify(start)).ok);
    const update = {
      ...{ type: "update", stream: "a" },
      ...controlsOf(settings),
      ...landingOf(settings),
    };
    assert(parseClientMessage(JSON.stringify(update)).ok);
  }
});

Deno.test("patchOf() is what differs, with null for what is given back", () => {
  const before = controlsOf(FULL);
  const after = controlsOf({ ...FULL, bpm: null, energy: 0.5, chords: "" });
  assertEquals(patchOf(before, before), {});
  assertEquals(patchOf(before, after), {
    bpm: null,
    energy: 0.5,
    chords: null,
  });
});

Deno.test("patchOf() keeps chords that cannot be read and an empty mix", () => {
  const after = controlsOf({ ...FULL, chords: "Am X", cards: [] });
  assertEquals(patchOf(controlsOf(FULL), after), {});
});

Deno.test("chordsFault() says what is wrong", () => {
  assertEquals(chordsFault(""), null);
  assertEquals(chordsFault("Am F C G"), null);
  assert(chordsFault("Am X")?.includes('"X"'));
});

Deno.test("restartKey() differs by what an update cannot change", () => {
  assertEquals(restartKey(FULL), restartKey({ ...FULL, bpm: 90 }));
  assert(restartKey(FULL) !== restartKey({ ...FULL, seed: 1 }));
});
