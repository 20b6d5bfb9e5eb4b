import { assertEquals, assertThrows } from "@std/assert";
import {
  parseChord,
  parseChords,
  parseKey,
  SCALE_NAMES,
} from "../../lib/protocol/harmony.ts";

const KEYS: [string, number, string][] = [
  ["C", 0, "major"],
  ["A minor", 9, "minor"],
  ["a min", 9, "minor"],
  ["F#m", 6, "minor"],
  ["Bb major", 10, "major"],
  ["B♭ Maj", 10, "major"],
  ["Cb", 11, "major"],
  ["B#", 0, "major"],
  ["C dorian", 0, "dorian"],
  [" D  Harmonic  Minor ", 2, "harmonic minor"],
  ["E min", 4, "minor"],
  ["G minor pentatonic", 7, "minor pentatonic"],
];

for (const [text, tonic, mode] of KEYS) {
  Deno.test(`parseKey() reads "${text}"`, () => {
    const key = parseKey(text);
    assertEquals([key.tonic, key.mode], [tonic, mode]);
    assertEquals(key.scale[0], tonic);
    assertEquals(new Set(key.scale).size, key.scale.length);
  });
}

Deno.test("parseKey() knows the notes of A minor", () => {
  assertEquals(parseKey("A minor").scale, [9, 11, 0, 2, 4, 5, 7]);
});

Deno.test("parseKey() reads every scale that it names", () => {
  for (const name of SCALE_NAMES) {
    assertEquals(parseKey(`D ${name}`).mode, name);
  }
});

Deno.test("parseKey() throws when the text names no key", () => {
  for (const text of ["", "H", "C#b", "minor", "C foo", "Cmajor7", "C mm"]) {
    assertThrows(() => parseKey(text), RangeError, "accepted: a note");
  }
});

const CHORDS: [string, number[]][] = [
  ["C", [0, 4, 7]],
  ["Am", [9, 0, 4]],
  ["F#m7b5", [6, 9, 0, 4]],
  ["F♯ø", [6, 9, 0, 4]],
  ["Bb7", [10, 2, 5, 8]],
  ["EbMaj7".replace("M", "m"), [3, 7, 10, 2]],
  ["CM7", [0, 4, 7, 11]],
  ["CmM7", [0, 3, 7, 11]],
  ["CmMaj7", [0, 3, 7, 11]],
  ["C-7", [0, 3, 7, 10]],
  ["Dsus4", [2, 7, 9]],
  ["A7sus4", [9, 2, 4, 7]],
  ["F6/9", [5, 7, 9, 0, 2]],
  ["G5", [7, 2]],
  ["Bdim7", [11, 2, 5, 8]],
  ["Caug", [0, 4, 8]],
  ["G7(b9,#5)", [7, 8, 11, 3, 5]],
  ["E7#9", [4, 7, 8, 11, 2]],
  ["Cadd9", [0, 2, 4, 7]],
  ["Cm9", [0, 2, 3, 7, 10]],
  ["C7no3", [0, 7, 10]],
];

for (const [symbol, pcs] of CHORDS) {
  Deno.test(`parseChord() reads ${symbol}`, () => {
    const chord = parseChord(symbol);
    assertEquals(chord.pcs, pcs);
    assertEquals(chord.root, pcs[0]);
    assertEquals(chord.bass, pcs[0]);
  });
}

Deno.test("parseChord() adds the note after the slash", () => {
  assertEquals(parseChord("C/E"), {
    root: 0,
    bass: 4,
    pcs: [0, 4, 7],
    symbol: "C/E",
  });
  assertEquals(parseChord("C/Bb").pcs, [0, 4, 7, 10]);
});

Deno.test("parseChord() throws when the symbol is unknown", () => {
  for (const text of ["", "X", "am", "Cfoo", "C/", "C/X", "C7b4", "C##", "|"]) {
    assertThrows(() => parseChord(text), RangeError, "accepted: a note");
  }
});

Deno.test("parseChords() gives each symbol of a text a bar", () => {
  const chords = parseChords("Am, F  C\nG", 3);
  assertEquals(chords.map((c) => c.symbol), ["Am", "F", "C", "G"]);
  assertEquals(chords.map((c) => c.beats), [3, 3, 3, 3]);
});

Deno.test("parseChords() keeps the lengths of a list", () => {
  const chords = parseChords([{ chord: "Am", beats: 2.5 }], 4);
  assertEquals(chords.map((c) => [c.root, c.beats]), [[9, 2.5]]);
});

Deno.test("parseChords() throws when there are none or too many", () => {
  for (const text of ["", " , ", "C ".repeat(65)]) {
    assertThrows(() => parseChords(text, 4), RangeError, "accepted: 1 to 64");
  }
});
