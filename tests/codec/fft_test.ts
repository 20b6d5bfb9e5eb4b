import { assertAlmostEquals, assertRejects } from "@std/assert";
import { createFfts } from "../../lib/codec/fft.ts";
import { whiteNoise } from "../audio/signals.ts";

Deno.test("createFfts() transforms both sizes back as the definition says", async () => {
  const ffts = await createFfts([2880, 960]);
  for (const { size, spectrum, signal, inverse } of ffts) {
    spectrum.set(whiteNoise(size, size));
    inverse();
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

Deno.test("createFfts() transforms there and back", async () => {
  const [fft] = await createFfts([960]);
  const noise = whiteNoise(960, 3);
  fft!.signal.set(noise);
  fft!.forward();
  fft!.inverse();
  for (const [n, value] of fft!.signal.entries()) {
    assertAlmostEquals(value / 960, noise[n]!, 1e-6);
  }
});

Deno.test("createFfts() rejects a size that PFFFT cannot do", async () => {
  await assertRejects(() => createFfts([32 * 7]), RangeError, "224");
});
