import { assertEquals, assertThrows } from "@std/assert";
import { interleaveS16 } from "../../lib/audio/pcm.ts";
import { wavHeader } from "../../lib/audio/wav.ts";
import { ffmpeg, hasProgram } from "./decode.ts";
import { sine } from "./signals.ts";

Deno.test("wavHeader() writes the sizes of 1000 stereo samples", () => {
  assertEquals(
    wavHeader({ samples: 1000 }).toHex(),
    "52494646" + "c40f0000" + "57415645" + "666d7420" + "10000000" +
      "01000200" + "80bb0000" + "00ee0200" + "04001000" + "64617461" +
      "a00f0000",
  );
});

Deno.test("wavHeader() marks floats", () => {
  const view = new DataView(
    wavHeader({ samples: 1, sampleFormat: "f32" }).buffer,
  );
  assertEquals(view.getUint16(20, true), 3);
  assertEquals(view.getUint16(34, true), 32);
  assertEquals(view.getUint32(40, true), 8);
});

Deno.test("wavHeader() throws beyond 4 GiB", () => {
  assertThrows(() => wavHeader({ samples: 2 ** 30 }), RangeError, "at most");
});

for (const samples of [4800, null]) {
  Deno.test({
    name: `ffmpeg reads a WAVE stream of ${samples ?? "unknown"} samples`,
    ignore: !(await hasProgram("ffmpeg")),
    fn: async () => {
      const pcm = interleaveS16(sine(440, 4800), sine(880, 4800));
      const file = new Uint8Array(44 + pcm.byteLength);
      file.set(wavHeader({ samples }));
      file.set(new Uint8Array(pcm.buffer), 44);
      assertEquals(await ffmpeg(file), pcm);
    },
  });
}
