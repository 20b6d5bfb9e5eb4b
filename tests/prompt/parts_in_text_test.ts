import { assertEquals } from "@std/assert";
import { partsLeftOut } from "../../lib/prompt/mod.ts";

Deno.test("partsLeftOut() reads what a text excludes, and nothing that it only speaks of", () => {
  for (
    const [text, wanted] of [
      ["solo piano, no drums", "drums bass"],
      ["jazz without drums and bass", "drums bass"],
      ["no drums, bass and piano", "drums"],
      ["No more drums please", "drums"],
      ["drumless lo-fi", "drums"],
      ["beatless ambient", "drums"],
      ["no bass, no drums", "drums bass"],
      ["backing track without melody", "melody"],
      ["chords only, no lead", "drums bass melody"],
      ["only drums", "bass harmony melody"],
      ["techno, drums and bass only", "harmony melody"],
      ["drums, bass and chords only", "melody"],
      ["solo acoustic guitar", "drums bass"],
      ["solo cello over a deep bass", "drums"],
      ["drum and bass", ""],
      ["lo-fi beats only", ""],
      ["no drum fills, no bass drum", ""],
      ["no heavy drums", ""],
      ["not only drums", ""],
      ["drums only in the chorus", ""],
      ["just drums and soft pads", ""],
      ["free jazz with a drum solo", ""],
      ["124 beats per minute, no vocals", ""],
    ] as const
  ) {
    const parts = ["drums", "bass", "harmony", "melody"] as const;
    const found = partsLeftOut(text);
    const said = parts.filter((part) => found.has(part)).join(" ");
    assertEquals([text, said], [text, wanted]);
  }
});
