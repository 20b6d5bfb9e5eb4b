import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  AUDIO_HEADER_BYTES,
  decodeAudioFrame,
  decodeAudioHeader,
  encodeAudioFrame,
  encodeAudioHeader,
} from "../../lib/protocol/mod.ts";

const HEADER = {
  last: true,
  discontinuity: true,
  handle: 0x1234,
  seq: 0x89abcdef,
  sample: 0x1_0000_0002,
  beat: -2.5,
};
const BYTES = "0103341289abcdef".replace("89abcdef", "efcdab89") +
  "0200000001000000" + "00000000000004c0";

Deno.test("encodeAudioHeader() writes the known bytes", () => {
  assertEquals(encodeAudioHeader(HEADER).toHex(), BYTES);
  assertStrictEquals(AUDIO_HEADER_BYTES, 24);
});

Deno.test("decodeAudioHeader() reads the known bytes", () => {
  const bytes = Uint8Array.fromHex(BYTES);
  assertEquals(decodeAudioHeader(bytes), HEADER);
  assertEquals(decodeAudioHeader(bytes.buffer), HEADER);
});

Deno.test("decodeAudioHeader() reads what encodeAudioHeader() wrote", () => {
  fc.assert(fc.property(
    fc.record({
      last: fc.boolean(),
      discontinuity: fc.boolean(),
      handle: fc.integer({ min: 0, max: 0xffff }),
      seq: fc.integer({ min: 0, max: 0xffffffff }),
      sample: fc.maxSafeNat(),
      beat: fc.double({ noNaN: true }),
    }, { noNullPrototype: true }),
    fc.uint8Array(),
    (header, payload) => {
      const frame = encodeAudioFrame(header, payload);
      assertEquals(decodeAudioHeader(frame), header);
      const decoded = decodeAudioFrame(frame.buffer);
      assertEquals(decoded && [...decoded.payload], [...payload]);
    },
  ));
});

Deno.test("decodeAudioHeader() reads a view that starts within its buffer", () => {
  const frame = new Uint8Array(30);
  encodeAudioHeader(HEADER, frame.subarray(6));
  assertEquals(decodeAudioHeader(frame.subarray(6)), HEADER);
});

Deno.test("decodeAudioHeader() ignores kinds that it does not know", () => {
  assertEquals(decodeAudioHeader(new Uint8Array([2])), null);
  assertEquals(decodeAudioFrame(new Uint8Array([0, 1, 2]).buffer), null);
});

Deno.test("decodeAudioHeader() ignores flags that it does not know", () => {
  const bytes = Uint8Array.fromHex(BYTES);
  bytes[1] = 0xf2;
  const header = decodeAudioHeader(bytes);
  assertEquals([header?.last, header?.discontinuity], [false, true]);
});

Deno.test("decodeAudioHeader() throws when a frame is too short", () => {
  for (const length of [0, 1, 23]) {
    const bytes = new Uint8Array(length).fill(1);
    assertThrows(() => decodeAudioHeader(bytes), RangeError, `${length} bytes`);
  }
});

Deno.test("encodeAudioHeader() throws when a number does not fit", () => {
  for (
    const bad of [
      { handle: 0x10000 },
      { handle: -1 },
      { seq: 0x100000000 },
      { seq: 0.5 },
      { sample: -1 },
      { sample: 2 ** 53 },
    ]
  ) {
    assertThrows(() => encodeAudioHeader({ ...HEADER, ...bad }), RangeError);
  }
});
