import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Manifest } from "../../lib/inference/manifest.ts";
import { parseChords } from "../../lib/protocol/mod.ts";
import { chordAt, controlRows } from "../../lib/stream/control_rows.ts";
import { Score } from "../../lib/stream/score.ts";
import { TempoMap } from "../../lib/stream/tempo_map.ts";

const LAYOUT: [string, number][] = [
  ["beat", 5],
  ["chord", 25],
  ["key", 13],
  ["parts", 5],
  ["density", 2],
  ["brightness", 2],
  ["energy", 2],
];
const CHANNELS = 54;
const MANIFEST = {
  latent: { hop_samples: 3840 },
  controls: {
    channels: CHANNELS,
    layout: LAYOUT,
    understood: [
      ...["bpm", "meter", "chords", "key", "parts"],
      ...["density", "brightness", "energy"],
    ],
    spans: { brightness: [0.5, 1] },
  },
} as unknown as Manifest;

function row(rows: Float32Array, frame: number, group: string): number[] {
  let at = frame * CHANNELS;
  for (const [name, width] of LAYOUT) {
    if (name === group) return [...rows.subarray(at, at + width)];
    at += width;
  }
  throw new RangeError(group);
}

Deno.test("chordAt() cycles the progression, also before beat 0", () => {
  const chords = parseChords("Am F C G", 4);
  assertEquals(chordAt(chords, 0).symbol, "Am");
  assertEquals(chordAt(chords, 4).symbol, "F");
  assertEquals(chordAt(chords, 31.9).symbol, "G");
  assertEquals(chordAt(chords, -0.1).symbol, "G");
});

Deno.test("controlRows() writes the beat's phase at the frame's first sample", () => {
  const tempo = new TempoMap(125); // six frames of 80 ms are a beat
  const rows = controlRows(MANIFEST, { score: new Score({}), tempo }, 0, 13);
  for (const [frame, sin, cos] of [[0, 0, 1], [3, 0, -1], [6, 0, 1]] as const) {
    const beat = row(rows, frame, "beat");
    assertAlmostEquals(beat[0]!, sin, 1e-6);
    assertAlmostEquals(beat[1]!, cos, 1e-6);
    assertAlmostEquals(beat[4]!, Math.log2(125 / 120), 1e-6);
  }
  assertAlmostEquals(row(rows, 12, "beat")[3]!, -1, 1e-6);
});

Deno.test("controlRows() leaves groups that nobody asked for at zero, mask and all", () => {
  const source = { score: new Score({}), tempo: new TempoMap(120) };
  const rows = controlRows(MANIFEST, source, 0, 1);
  for (const name of ["chord", "key", "parts", "density", "energy"]) {
    assert(row(rows, 0, name).every((value) => value === 0), name);
  }
});

Deno.test("controlRows() does not ask for what the package does not understand", () => {
  const controls = { ...MANIFEST.controls, understood: ["bpm", "energy"] };
  const score = new Score({ chords: "Am F", key: "A minor", energy: 0.25 });
  const source = { score, tempo: new TempoMap(120) };
  const manifest = { ...MANIFEST, controls } as Manifest;
  const rows = controlRows(manifest, source, 0, 1);
  for (const name of ["chord", "key"]) {
    assert(row(rows, 0, name).every((value) => value === 0), name);
  }
  assertEquals(row(rows, 0, "energy"), [0.25, 1]);
});

Deno.test("controlRows() writes chords, key, parts and levels with their masks", () => {
  const score = new Score({
    chords: "Am F",
    key: "A minor",
    parts: { drums: false },
    energy: 0.25,
  });
  const rows = controlRows(
    MANIFEST,
    { score, tempo: new TempoMap(120) },
    0,
    26,
  );
  const chord = row(rows, 0, "chord");
  assertEquals(chord.flatMap((on, i) => on ? [i] : []), [0, 4, 9, 21, 24]);
  // Beat 4 is sample 96000, frame 25.
  assertEquals(row(rows, 25, "chord")[12 + 5], 1);
  const key = row(rows, 0, "key");
  assertEquals(key.reduce((a, b) => a + b), 8);
  assertEquals(row(rows, 0, "parts"), [0, 1, 1, 1, 1]);
  assertEquals(row(rows, 0, "energy"), [0.25, 1]);
});

Deno.test("controlRows() asks for the key and the parts that prompts speak of", () => {
  const calm = { text: "solo piano in D minor", weight: 0.4 };
  const loud = { text: "rock in C major, no melody", weight: 0.6 };
  const rowsOf = (score: Score) =>
    controlRows(MANIFEST, { score, tempo: new TempoMap(120) }, 0, 26);
  const D_MINOR = [1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1];
  const C_MAJOR = [1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1];

  let rows = rowsOf(new Score({ prompts: [{ ...calm, weight: 1 }] }));
  assertEquals(row(rows, 0, "key"), D_MINOR);
  assertEquals(row(rows, 0, "parts"), [0, 0, 1, 1, 1]);
  // The heavier one has its way; a field that is given, too.
  rows = rowsOf(new Score({ prompts: [calm, loud] }));
  assertEquals(row(rows, 0, "key"), C_MAJOR);
  assertEquals(row(rows, 0, "parts"), [1, 1, 1, 0, 1]);
  const key = "D minor";
  rows = rowsOf(new Score({ prompts: [loud], key, parts: { bass: false } }));
  assertEquals(row(rows, 0, "key"), D_MINOR);
  assertEquals(row(rows, 0, "parts"), [1, 0, 1, 0, 1]);

  // Half way into a morph of two seconds, frame 13, the new prompt decides.
  const score = new Score({ prompts: [{ ...calm, weight: 1 }] });
  score.change(0, 96_000, { prompts: [{ ...loud, weight: 1 }] });
  rows = rowsOf(score);
  assertEquals(row(rows, 12, "key"), D_MINOR);
  assertEquals(row(rows, 13, "key"), C_MAJOR);
});

Deno.test("controlRows() asks for the levels that prompts speak of, on the denoiser's scale", () => {
  const one = (text: string) => [{ text, weight: 1 }];
  const level = (score: Score, name: string, frame = 0) => {
    const source = { score, tempo: new TempoMap(120) };
    const [value, mask] = row(
      controlRows(MANIFEST, source, 0, 26),
      frame,
      name,
    );
    return mask === 0 ? null : value!;
  };
  let score = new Score({ prompts: one("dark, sparse techno") });
  assert(level(score, "density")! < 0.5);
  const dark = level(score, "brightness")!;
  assert(dark > 0.5 && dark < 0.75, `${dark}`); // the middle of the span
  assertEquals(level(score, "energy"), null);
  score = new Score({ prompts: one("dark techno"), brightness: 0.5 });
  assertEquals(level(score, "brightness"), 0.75);

  // A morph is half way at frame 13 of its two seconds.
  score = new Score({ prompts: one("dark techno") });
  score.change(0, 99_840, { prompts: one("bright techno") });
  const bright = level(score, "brightness", 26 - 1)!;
  const half = level(score, "brightness", 13)!;
  assert(dark < half && half < bright, `${dark} ${half} ${bright}`);
  // Who does not speak has no share.
  score = new Score({
    prompts: [
      { text: "dark techno", weight: 0.4 },
      { text: "techno", weight: 0.6 },
    ],
  });
  assertEquals(level(score, "brightness"), null);
});

Deno.test("controlRows() tells the level of what came before only where one is asked for after it", () => {
  const score = new Score({ energy: 1, density: 0.5 });
  score.change(4 * 3840, 0, { energy: null });
  const source = { score, tempo: new TempoMap(120) };
  const rows = controlRows(MANIFEST, source, 0, 8, 4);
  assertEquals(row(rows, 3, "energy"), [0, 0]);
  assertEquals(row(rows, 3, "density"), [0.5, 1]);
  const before = controlRows(MANIFEST, source, 0, 8, 2);
  assertEquals(row(before, 1, "energy"), [1, 1]);
});

Deno.test("controlRows() writes of a part that may play what the package says, which is not that it does", () => {
  const { controls } = MANIFEST;
  const manifest = {
    ...MANIFEST,
    controls: { ...controls, spans: { parts: [0, 0.75] } },
  } as unknown as Manifest;
  const score = new Score({ parts: { drums: false } });
  const source = { score, tempo: new TempoMap(120) };
  const parts = (of: Manifest) =>
    row(controlRows(of, source, 0, 1), 0, "parts");
  assertEquals(parts(manifest), [0, 0.75, 0.75, 0.75, 1]);
  assertEquals(parts(MANIFEST), [0, 1, 1, 1, 1]);
});
