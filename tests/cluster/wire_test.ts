import { assert, assertEquals, assertThrows } from "@std/assert";
import { MOST_BYTES, pack, unpack } from "../../lib/cluster/wire.ts";

Deno.test("a message comes out as it went in", () => {
  const arrays = [
    Float32Array.of(1, -2.5, 3e-38),
    new Float32Array(),
    new Float32Array(8).fill(7).subarray(3, 5),
  ];
  for (const text of ["", "a", "ab", "abc", "é"]) {
    const bytes = pack({ kind: "decode", text }, arrays);
    // As NATS hands it over: somewhere in a larger buffer.
    const large = new Uint8Array(bytes.length + 3);
    large.set(bytes, 3);
    const { head, arrays: got } = unpack(large.subarray(3));
    assertEquals(head, { kind: "decode", text });
    assertEquals(got, arrays.map((array) => array.slice()));
  }
});

Deno.test("what is no message is refused", () => {
  const good = pack({ kind: "x" }, [new Float32Array(4)]);
  for (let length = 0; length < good.length; length++) {
    assertThrows(() => unpack(good.subarray(0, length)), RangeError);
  }
  for (
    const text of ["{", "3", "{}", '{"lengths":[-1]}', '{"lengths":[0.5]}']
  ) {
    const bytes = new Uint8Array(4 + text.length + 4);
    bytes[0] = text.length;
    bytes.set(new TextEncoder().encode(text), 4);
    assertThrows(() => unpack(bytes), RangeError);
  }
});

Deno.test("the largest window of audio fits, more is refused before it is sent", () => {
  const second = new Float32Array(24 * 3840);
  assert(pack({}, [second, second]).length < MOST_BYTES);
  assertThrows(
    () => pack({}, [second, second, second]),
    RangeError,
    "at most 1048576",
  );
});
