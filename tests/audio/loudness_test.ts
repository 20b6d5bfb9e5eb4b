import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { LoudnessHold, lufsOf } from "../../lib/audio/mod.ts";

const WANTED = { lufs: -16.5, tolerance_lu: 1 };
const SECOND = 48_000;
const always = (_sample: number) => true;

/** A sine of amplitude `a` in both channels. */
function tone(seconds: number, a: number, hz = 997): Float32Array {
  return Float32Array.from(
    { length: seconds * SECOND },
    (_, i) => a * Math.sin(2 * Math.PI * hz * i / SECOND),
  );
}

/** Plays `mono` in both channels through a hold, in reads of `samples`. */
function held(
  mono: Float32Array,
  { samples = 960, mayTurn = always, hold = new LoudnessHold(WANTED) } = {},
): Float32Array {
  const out = new Float32Array(mono);
  for (let at = 0; at < out.length; at += samples) {
    const left = out.subarray(at, at + samples);
    hold.process(left, new Float32Array(left), at, mayTurn);
  }
  return out;
}

/** The level of the last second, relative to the same of `before`, in dB. */
function gainDb(after: Float32Array, before: Float32Array): number {
  const power = (x: Float32Array) =>
    x.slice(-SECOND).reduce((sum, value) => sum + value * value, 0);
  return 10 * Math.log10(power(after) / power(before));
}

Deno.test("a sine of 997 Hz at full scale in one channel is at -3.01 LUFS (BS.1770-4)", () => {
  // Held to anything above, with no tolerance, its gain tells what was measured.
  const hold = new LoudnessHold({ lufs: -6, tolerance_lu: 0 });
  const left = tone(40, 1);
  hold.process(left, new Float32Array(left.length), 0, always);
  assertAlmostEquals(lufsOf(hold.state.average), -3.01, 0.02);
  assertAlmostEquals(gainDb(left, tone(40, 1)), -2.99, 0.02);
});

Deno.test("bass counts for less: 38 Hz by about 3 dB more than 100 Hz", () => {
  const measured = (hz: number) => {
    const hold = new LoudnessHold(WANTED);
    held(tone(40, 0.1, hz), { hold });
    return lufsOf(hold.state.average);
  };
  const difference = measured(100) - measured(38);
  assert(2 < difference && difference < 6, `${difference} dB`);
});

Deno.test("what is too loud is turned down to the tolerance, what is too soft up", () => {
  // A sine of amplitude a in both channels is at 20 log10(a) LUFS.
  for (
    const [lufs, gain] of [[-8, -7.5], [-16, 0], [-17.4, 0], [
      -21,
      3.5,
    ]] as const
  ) {
    const before = tone(90, 10 ** (lufs / 20));
    assertAlmostEquals(gainDb(held(before), before), gain, 0.1);
  }
});

Deno.test("what is far too loud is turned down within four seconds", () => {
  const before = tone(4, 10 ** (-7 / 20));
  assert(gainDb(held(before), before) < -6);
});

Deno.test("rests and silence do not raise the gain, nor does a loud moment hold it down for good", () => {
  const rest = tone(60, 10 ** (-30 / 20));
  assertAlmostEquals(gainDb(held(rest), rest), 0, 1e-6);
  const loud = new Float32Array([...tone(20, 0.9), ...tone(60, 0.15)]);
  assertAlmostEquals(gainDb(held(loud), loud), 0, 0.1);
});

Deno.test("where the level is meant, the gain stays", () => {
  const before = tone(20, 0.9);
  assertEquals(held(before, { mayTurn: () => false }), before);
  const later = held(before, { mayTurn: (at) => at < 5 * SECOND });
  const gains = [6, 12, 18].map((second) => {
    const i = second * SECOND + 12;
    return later[i]! / before[i]!;
  });
  assert(gains[0]! < 0.5);
  assertAlmostEquals(gains[1]!, gains[0]!, 1e-6);
  assertAlmostEquals(gains[2]!, gains[0]!, 1e-6);
});

Deno.test("the same comes out however it is cut, and from a state on", () => {
  const before = new Float32Array([...tone(3, 0.9), ...tone(3, 0.02)]);
  const whole = held(before, { samples: before.length });
  assertEquals(held(before, { samples: 960 }), whole);
  assertEquals(held(before, { samples: 7919 }), whole);

  const hold = new LoudnessHold(WANTED);
  const cut = 3 * SECOND - 960;
  const first = new Float32Array(before.subarray(0, cut));
  hold.process(first, new Float32Array(first), 0, always);
  const next = new LoudnessHold(WANTED, structuredClone(hold.state));
  const second = new Float32Array(before.subarray(cut));
  next.process(second, new Float32Array(second), cut, always);
  assertEquals(new Float32Array([...first, ...second]), whole);
});
