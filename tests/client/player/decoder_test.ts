import { assertEquals } from "@std/assert";
import { PcmDecoder } from "../../../lib/client/player/decoder.ts";

Deno.test("PcmDecoder reads interleaved samples", () => {
  const payload = new Uint8Array([9, 0, 0x80, 0xff, 0x7f, 0, 0x40, 0, 0]);
  const chunks: unknown[] = [];
  const decoder = new PcmDecoder({ onChunk: (chunk) => chunks.push(chunk) });
  decoder.decode({
    ...{ last: false, discontinuity: false, handle: 0, seq: 0, beat: 0 },
    sample: 77,
    payload: payload.subarray(1),
  });
  assertEquals(chunks, [{
    left: new Float32Array([-1, 0.5]),
    right: new Float32Array([32_767 / 32_768, 0]),
    sample: 77,
  }]);
});
