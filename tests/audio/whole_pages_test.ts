import { assertEquals } from "@std/assert";
import { wholePages } from "../../lib/audio/decode/whole_pages.ts";
import { oggBody, oggPage } from "../../lib/audio/mod.ts";

function page(pageSequence: number, bytes: number): Uint8Array<ArrayBuffer> {
  const header = { granulePosition: 960, serialNumber: 7, pageSequence };
  return oggPage(header, oggBody([new Uint8Array(bytes).fill(pageSequence)]));
}

const FIRST = page(0, 19);
const SECOND = page(1, 700);
const FILE = new Uint8Array([...FIRST, ...SECOND]);

Deno.test("wholePages() leaves out the page in whose middle a file ends, wherever that is", () => {
  assertEquals(wholePages(FILE), FILE);
  for (let cut = FIRST.length; cut < FILE.length; cut++) {
    assertEquals(wholePages(FILE.slice(0, cut)), FIRST, `cut at ${cut}`);
  }
});

Deno.test("wholePages() leaves what is no page to the decoder", () => {
  const odd = new Uint8Array([...FIRST, 1, 2, 3, 4, 5]);
  assertEquals(wholePages(odd), odd);
  const flac = new TextEncoder().encode("fLaC and more");
  assertEquals(wholePages(flac), flac);
});
