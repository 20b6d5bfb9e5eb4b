import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createSpectrumAnalyser,
  type SpectrumAnalyser,
} from "../../../lib/codec/mod.ts";
import { whiteNoise } from "../../audio/signals.ts";

/** Written by `python -m recipe.codec.analysis_fixture`, which says what is in it. */
const VECTORS = new URL("../testdata/analysis.bin", import.meta.url);
const PACKAGE = new URL("../../../models/pocket/model.json", import.meta.url);

const HOP = 3840;
const LATENTS = 3;
const SAMPLES = LATENTS * HOP + 1000;
/** Of the recipe's `codec/features.py`. */
const FLOORS = { latentHop: HOP, floor: 0.2, envFloor: 1e-4 };

async function pocket(): Promise<SpectrumAnalyser> {
  const { decoder } = JSON.parse(await Deno.readTextFile(PACKAGE));
  return await createSpectrumAnalyser({ ...decoder.spectrum, ...FLOORS });
}

Deno.test("SpectrumAnalyser agrees with the recipe's features to 1e-4", async () => {
  const { buffer } = await Deno.readFile(VECTORS);
  const pcm = Float32Array.from(
    new Int16Array(buffer, 0, 2 * SAMPLES),
    (value) => value / 32768,
  );
  const expected = new Float32Array(buffer, 4 * SAMPLES);
  const analyser = await pocket();
  assertEquals(analyser.size, expected.length / LATENTS);
  const got = analyser.features(
    pcm.subarray(0, SAMPLES),
    pcm.subarray(SAMPLES),
  );
  assertEquals(got.length, expected.length);
  const worst = got.reduce((most, value, i) => {
    const off = Math.abs(value - expected[i]!);
    return off <= most ? most : off;
  }, 0);
  assert(worst <= 1e-4, `differs by ${worst}`);
  assert(new Set(expected).size > 5000, "the fixture says little");
});

Deno.test("SpectrumAnalyser looks ahead by exactly a window less a hop", async () => {
  const analyser = await pocket();
  const long = whiteNoise(4 * HOP, 1).map((value) => 0.3 * value);
  const whole = analyser.features(long, long);
  const cut = (samples: number) =>
    analyser.features(long.subarray(0, samples), long.subarray(0, samples));
  const { size } = analyser;
  assertEquals(cut(HOP + 2400).slice(0, size), whole.slice(0, size));
  const short = cut(HOP + 2400 - 240).slice(0, size);
  assert(short.some((value, i) => value !== whole[i]));
});

Deno.test("createSpectrumAnalyser() rejects a size that PFFFT cannot do", async () => {
  const { decoder } = JSON.parse(await Deno.readTextFile(PACKAGE));
  const params = { ...decoder.spectrum, ...FLOORS, n_fft: 32 * 7 };
  await assertRejects(() => createSpectrumAnalyser(params), RangeError, "224");
});
