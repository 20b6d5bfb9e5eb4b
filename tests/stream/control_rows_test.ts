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
