import { assertEquals } from "@std/assert";
import { philox4x32 } from "../../lib/diffusion/philox.ts";

// Known answers published with Random123 (kat_vectors, philox4x32 10).
const VECTORS: [key: string, counter: string, words: string][] = [
  [
    "00000000 00000000",
    "00000000 00000000 00000000 00000000",
    "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  ],
  [
    "ffffffff ffffffff",
    "ffffffff ffffffff ffffffff ffffffff",
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  ],
  [
    "a4093822 299f31d0",
    "243f6a88 85a308d3 13198a2e 03707344",
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
];

for (const [key, counter, expected] of VECTORS) {
  Deno.test(`philox4x32() of counter ${counter} is the known answer`, () => {
    const [k0, k1] = parse(key);
    const [c0, c1, c2, c3] = parse(counter);
    const words = new Uint32Array(6);
    philox4x32(k0!, k1!, c0!, c1!, c2!, c3!, words, 1);
    assertEquals([...words], [0, ...parse(expected), 0]);
  });
}

function parse(words: string): number[] {
  return words.split(" ").map((word) => parseInt(word, 16));
}
