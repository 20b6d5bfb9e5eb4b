import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Spread } from "../../../lib/codec/spectrum/spread.ts";
import { PARAMS } from "./features.ts";

const BANDS = PARAMS.pan_bands_hz.length;

function spreadOf(coherence: number): Spread {
  const spread = new Spread(PARAMS);
  spread.set(new Float32Array(BANDS).fill(coherence), 0);
  return spread;
}

Deno.test("Spread leaves coherent channels alone", () => {
  const { re, im } = spreadOf(1);
  assertEquals(re, new Float64Array(PARAMS.tonal_bins).fill(1));
  assertEquals(im.map(Math.abs), new Float64Array(PARAMS.tonal_bins));
});

Deno.test("Spread turns further the less coherent the channels are", () => {
  // Left times conjugate right is exp(2 i turn): its mean over the bins is the coherence.
  const coherences = [0.95, 0.7, 0.3].map((asked) => {
    const { re, im } = spreadOf(asked);
    const mean = re.reduce((sum, x, k) => sum + x ** 2 - im[k]! ** 2, 0);
    return mean / re.length;
  });
  assert(coherences[0]! > coherences[1]! && coherences[1]! > coherences[2]!);
  for (const [i, asked] of [0.95, 0.7, 0.3].entries()) {
    assertAlmostEquals(coherences[i]!, asked, 0.12);
  }
});

Deno.test("Spread turns neighbours alike", () => {
  const { re, im } = spreadOf(0);
  for (let k = 1; k < re.length; k++) {
    const step = Math.atan2(im[k]!, re[k]!) -
      Math.atan2(im[k - 1]!, re[k - 1]!);
    assert(Math.abs(step) <= 2 * PARAMS.spread_rad / 4 + 1e-9, `bin ${k}`);
  }
});
