import { assertAlmostEquals, assertRejects } from "@std/assert";
import { createInverseFfts } from "../../../lib/codec/spectrum/fft.ts";
import { whiteNoise } from "../../audio/signals.ts";

Deno.test("createInverseFfts() transforms both sizes as the definition says", async () => {
  const ffts = await createInverseFfts([2880, 960]);
  for (const { size, spectrum, signal, run } of ffts) {
    spectrum.set(whiteNoise(size, size));
    run();
    for (const n of [0, 1, 17, size / 2, size - 1]) {
      let sum = spectrum[0]! + (n % 2 === 0 ? 1 : -1) * spectrum[1]!;
      for (let k = 1; k < size / 2; k++) {
        const angle = 2 * Math.PI * ((k * n) % size) / size;
        sum += 2 * spectrum[2 * k]! * Math.cos(angle) -
          2 * spectrum[2 * k + 1]! * Math.sin(angle);
      }
      assertAlmostEquals(signal[n]!, sum, 1e-4);
    }
  }
});

Deno.test("createInverseFfts() rejects a size that PFFFT cannot do", async () => {
  await assertRejects(() => createInverseFfts([32 * 7]), RangeError, "224");
});
