import { assert, assertEquals, assertThrows } from "@std/assert";
import { oggBody, oggPage, opusTags } from "../../lib/audio/mod.ts";

/** Ogg's checksum, bit by bit as RFC 3533 describes it. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x80000000n ? (crc << 1n) ^ 0x104c11db7n : crc << 1n;
    }
  }
  return Number(crc);
}

Deno.test("oggPage() writes every field where RFC 3533 has it", () => {
  const body = oggBody([
    new Uint8Array(300).fill(7),
    new Uint8Array(255),
    Uint8Array.of(1),
  ]);
  assertEquals([...body.lacing], [255, 45, 255, 0, 1]);
  const page = oggPage({
    eos: true,
    granulePosition: 2 ** 40 + 5,
    serialNumber: 0xfedcba98,
    pageSequence: 9,
  }, body);
  const view = new DataView(page.buffer);
  assertEquals(new TextDecoder().decode(page.subarray(0, 4)), "OggS");
  assertEquals([page[4], page[5], page[26]], [0, 4, 5]);
  assertEquals(view.getBigUint64(6, true), 2n ** 40n + 5n);
  assertEquals(view.getUint32(14, true), 0xfedcba98);
  assertEquals(view.getUint32(18, true), 9);
  assertEquals(page.length, 27 + 5 + 556);
  const sum = view.getUint32(22, true);
  view.setUint32(22, 0, true);
  assertEquals(sum, slowCrc(page));
});

Deno.test("oggBody() refuses what does not fit a page", () => {
  assertEquals(oggBody([new Uint8Array(255 * 254)]).lacing.length, 255);
  assertThrows(() => oggBody([new Uint8Array(255 * 255)]), RangeError, "256");
});

Deno.test("opusTags() holds the vendor, the count and every comment", () => {
  const tags = opusTags({ TITLE: "näh", BPM: "120" });
  const view = new DataView(tags.buffer);
  const texts: string[] = [];
  let at = 8;
  for (let i = 0; i < 3; i++) {
    const length = view.getUint32(at, true);
    texts.push(
      new TextDecoder().decode(tags.subarray(at + 4, at + 4 + length)),
    );
    at += 4 + length;
    if (i === 0) {
      assertEquals(view.getUint32(at, true), 2);
      at += 4;
    }
  }
  assertEquals(texts, ["prestissimo", "TITLE=näh", "BPM=120"]);
  assert(at === tags.length);
});
