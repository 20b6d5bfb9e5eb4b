import { assertEquals } from "@std/assert";
import { levelsInText } from "../../lib/prompt/mod.ts";

Deno.test("levelsInText() hears what music should be, not what it should not", () => {
  const order = (text: string) => {
    const { density, brightness, energy } = levelsInText(text);
    return [density, brightness, energy].map((level) =>
      level === undefined ? "" : level < 0.5 ? "less" : "more"
    ).join(" ");
  };
  for (
    const [text, wanted] of [
      ["sparse piano", "less  "],
      ["a Busy, driving funk", "more  more"],
      ["darker", " less "],
      ["crisp, gentle folk", " more less"],
      ["dark techno, not too dense", " less "],
      ["no calm moment", "  "],
      ["calm verses and furious choruses", "  "],
      ["softly glowing brightness", "  "],
      ["driving home at night", "  "],
      ["driving techno at night", "  more"],
      ["deep house with soft pads", "  "],
    ] as const
  ) {
    assertEquals([text, order(text)], [text, wanted]);
  }
});
