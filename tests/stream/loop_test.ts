import { assert, assertEquals } from "@std/assert";
import { Loop, type LoopOptions } from "../../lib/stream/loop.ts";

const HOP = 100;

function loop(options: Partial<LoopOptions> = {}): Loop {
  return new Loop({
    ...{ total: 50 * HOP, hop: HOP, channels: 1, preroll: 1, multiple: 2 },
    encoder: null,
    ...options,
  });
}

/** An encoder whose latents are the first sample of each frame. */
const ENCODER: LoopOptions["encoder"] = {
  lookahead: 60,
  encode: ({ left }) =>
    Promise.resolve(
      Float32Array.from(
        { length: Math.floor(left.length / HOP) },
        (_, n) => left[n * HOP]!,
      ),
    ),
};

/** Plays blocks until the gap is closed; returns their lengths. */
function blocks(piece: Loop, lengths: number[]): number[] {
  const made: number[] = [];
  for (let first = piece.origin; first < piece.gapEnd;) {
    const regular = lengths[Math.min(made.length, lengths.length - 1)]!;
    const frames = piece.blockFrames(first, regular);
    piece.keepLatents(first, new Float32Array(frames).fill(first));
    made.push(frames);
    first += frames;
  }
  return made;
}

/** Gives a loop PCM in which every sample is its own position. */
function fillPcm(piece: Loop, samples: number): void {
  const left = Float32Array.from({ length: samples }, (_, i) => i - 300);
  piece.keepPcm(-300, { left, right: left });
}

Deno.test("Loop's blocks end where the gap ends, and the last is long enough", () => {
  for (let total = 600; total < 15_000; total += 37) {
    for (const encoder of [null, ENCODER]) {
      const piece = loop({ total, encoder });
      const made = blocks(piece, [8, 16]);
      const sum = made.reduce((a, b) => a + b, 0);
      assertEquals(piece.origin + sum, piece.gapEnd);
      assert(made.every((frames) => frames > 0), `${total}: ${made}`);
      assert(Math.max(...made) <= 16, `${total}: ${made}`);
      if (sum > 24) assert(made.at(-1)! >= 6, `${total}: ${made}`);
      assert(made.length > 1, "nothing leads to the beginning");
    }
  }
});

Deno.test("Loop knows its beginning as it was made last", async () => {
  const piece = loop();
  piece.keepLatents(-3, Float32Array.of(1, 2, 3, 4, 5));
  piece.keepLatents(1, Float32Array.of(9));
  assertEquals([...await piece.known()], [2, 3, 4, 9]);
  assertEquals([piece.gapEnd, piece.knownFrom], [48, -2]);
  assertEquals([...await piece.ending(1)], [3]);
});

Deno.test("Loop encodes its beginning anew where it lies between the frames", async () => {
  const piece = loop({ total: 50 * HOP + 30, encoder: ENCODER });
  piece.keepLatents(-3, new Float32Array(12));
  fillPcm(piece, 1200);
  assertEquals(piece.gapEnd, 49);
  // Frame 49 begins 130 samples before the loop's end.
  const known = await piece.known();
  assertEquals([...known], [-130, -30, 70, 170, 270, 370, 470, 570, 670]);
  assertEquals(Math.round(piece.knownFrom * HOP), -130);
  assertEquals((await piece.ending(0)).length, 2);
});

Deno.test("Loop ends with the very samples that come before its first", () => {
  const total = 50 * HOP + 30;
  const piece = loop({ total });
  fillPcm(piece, 1200);
  const fresh = {
    left: new Float32Array(300).fill(7),
    right: new Float32Array(300).fill(7),
  };
  piece.blendEnd(fresh, total - 250);
  assertEquals(fresh.left[149], 7);
  assertEquals(fresh.left[249], -1);
  assertEquals(fresh.left[250], 7);
  const { left } = piece.lead(50);
  assertEquals([...left], [...fresh.left.subarray(200, 250)]);
});
