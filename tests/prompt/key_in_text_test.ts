import { assertEquals } from "@std/assert";
import { keyInText } from "../../lib/prompt/mod.ts";

Deno.test("keyInText() reads keys, and no minor matters", () => {
  for (
    const [text, key] of [
      ["lo-fi piano in D minor", "D minor"],
      ["D minor techno, 124 bpm", "D minor"],
      ["house, A minor, slow", "A minor"],
      ["lofi c minor 80bpm", "C minor"],
      ["jazz in B-flat minor", "Bb minor"],
      ["in f sharp harmonic minor", "F# harmonic minor"],
      ["E♭ major waltz", "Eb major"],
      ["key of Bb", "Bb major"],
      ["deep house in F#m at 120", "F# minor"],
      ["techno in a minor key", null],
      ["a minor detail", null],
      ["A minor hit", null],
      ["an evening in C sharp relief", null],
      ["made in Berlin", null],
    ] as const
  ) {
    assertEquals([text, keyInText(text)], [text, key]);
  }
});
