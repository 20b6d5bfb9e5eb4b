import { assert, assertEquals, assertThrows } from "@std/assert";
import { createOpusEncoder } from "../../lib/audio/opus_encoder.ts";
import { opusHead } from "../../lib/audio/opus_head.ts";
import { interleaveS16 } from "../../lib/audio/pcm.ts";
import { sine } from "./signals.ts";

Deno.test("opusHead() follows RFC 7845 section 5.1", () => {
  assertEquals(
    opusHead({ channels: 2, preSkip: 312 }).toHex(),
    "4f707573486561640102380180bb0000000000",
  );
});

Deno.test("createOpusEncoder() tells the lookahead of libopus", () => {
  using encoder = createOpusEncoder({ bitrate: 128_000, frameSamples: 960 });
  assertEquals(encoder.preSkip, 312);
  assertEquals(encoder.opusHead, opusHead({ channels: 2, preSkip: 312 }));
});

Deno.test.each([[480], [960], [1920], [2880]])(
  "encode() meets the bitrate with frames of %i samples",
  (frameSamples) => {
    using encoder = createOpusEncoder({ bitrate: 64_000, frameSamples });
    const frames = 48_000 / frameSamples;
    let bytes = 0;
    for (const packet of encodeTone(encoder, frames)) bytes += packet.length;
    assert(bytes > 3000 && bytes < 10_000, `${bytes} bytes for a second`);
  },
);

Deno.test("encode() is deterministic and hands out bytes of its own", () => {
  using a = createOpusEncoder({ bitrate: 96_000, frameSamples: 960 });
  using b = createOpusEncoder({ bitrate: 96_000, frameSamples: 960 });
  const packets = encodeTone(a, 10);
  const again = encodeTone(b, 10);
  assertEquals(packets, again);
  assertEquals(new Set(packets.map((packet) => packet.buffer)).size, 10);
});

Deno.test("an encoder that was used before has no past", () => {
  const options = { bitrate: 96_000, frameSamples: 960, complexity: 5 };
  // One that no other test has given back: it has to be new.
  const many = Array.from({ length: 100 }, () => createOpusEncoder(options));
  const fresh = encodeTone(many[99]!, 20);
  for (const one of many) one.close();
  const other = { bitrate: 40_000, frameSamples: 480, complexity: 1 };
  for (let i = 0; i < 100; i++) {
    const used = createOpusEncoder(other);
    encodeTone(used, 30);
    used.close();
  }
  using again = createOpusEncoder(options);
  assertEquals(encodeTone(again, 20), fresh);
});

Deno.test("encode() throws on a frame of another length", () => {
  using encoder = createOpusEncoder({ bitrate: 96_000, frameSamples: 960 });
  assertThrows(() => encoder.encode(new Int16Array(960)), RangeError, "1920");
});

Deno.test("encode() throws after close()", () => {
  const encoder = createOpusEncoder({ bitrate: 96_000, frameSamples: 960 });
  encoder.close();
  encoder.close();
  assertThrows(() => encoder.encode(new Int16Array(1920)), TypeError, "closed");
});

Deno.test("createOpusEncoder() throws on options out of range", () => {
  const valid = { bitrate: 96_000, frameSamples: 960 };
  for (
    const wrong of [{ bitrate: 600_000 }, { frameSamples: 1000 }, {
      complexity: 11,
    }]
  ) {
    assertThrows(
      () => createOpusEncoder({ ...valid, ...wrong }),
      RangeError,
      String(Object.values(wrong)[0]),
    );
  }
});

function encodeTone(
  encoder: ReturnType<typeof createOpusEncoder>,
  frames: number,
): Uint8Array[] {
  const { frameSamples } = encoder;
  const tone = sine(440, frames * frameSamples);
  return Array.from({ length: frames }, (_, i) => {
    const frame = tone.subarray(i * frameSamples, (i + 1) * frameSamples);
    return encoder.encode(interleaveS16(frame, frame));
  });
}
