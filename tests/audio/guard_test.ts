import { assert, assertEquals } from "@std/assert";
import {
  GUARD_CEILING,
  GUARD_KNEE,
  guardPeaks,
} from "../../lib/audio/guard.ts";
import { sine, truePeak, whiteNoise } from "./signals.ts";

Deno.test("guardPeaks() is transparent below the knee", () => {
  const signal = sine(997, 4800, GUARD_KNEE - 1e-6);
  const guarded = signal.slice();
  guardPeaks(guarded);
  assertEquals(guarded, signal);
});

Deno.test("guardPeaks() is odd, monotonic and continuous in slope", () => {
  const step = 1e-3;
  const ramp = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) * step);
  guardPeaks(ramp);
  for (let i = 1; i < ramp.length; i++) {
    assert(ramp[i]! >= ramp[i - 1]!);
    assert(ramp[i]! === -ramp[ramp.length - 1 - i]!);
    assert(ramp[i]! - ramp[i - 1]! <= step + 1e-6);
  }
  const knee = 2001 + Math.floor(GUARD_KNEE / step);
  const slope = (ramp[knee + 1]! - ramp[knee - 1]!) / (2 * step);
  assert(Math.abs(slope - 1) < 0.01, `slope ${slope} just above the knee`);
});

Deno.test("guardPeaks() bounds every sample and silences NaN", () => {
  const wild = Float32Array.of(1, -1, 9, -1e30, Infinity, -Infinity, NaN);
  guardPeaks(wild);
  for (const sample of wild) {
    assert(Math.abs(sample) <= Math.fround(GUARD_CEILING));
  }
  assertEquals(wild[6], 0);
});

const hot: [string, Float32Array][] = [
  ["a 997 Hz sine", sine(997, 4800, 2)],
  ["a 4 kHz sine", sine(4000, 4800, 1.4)],
  ["a chord", chord([110, 277.18, 329.63, 880, 2637], 2)],
  ["a kick with noise", kick()],
];

for (const [name, signal] of hot) {
  Deno.test(`guardPeaks() keeps the true peak of ${name} over full scale below 0 dBTP`, () => {
    guardPeaks(signal);
    const peak = truePeak(signal);
    assert(peak < 1, `true peak ${20 * Math.log10(peak)} dBTP`);
  });
}

function chord(frequencies: number[], peak: number): Float32Array {
  const sum = new Float32Array(9600);
  for (const [k, hz] of frequencies.entries()) {
    const partial = sine(hz, sum.length, 1, k);
    for (let i = 0; i < sum.length; i++) sum[i]! += partial[i]!;
  }
  return toPeak(sum, peak);
}

// Music has little energy at the top: noise is low-passed at about 6 kHz.
function kick(): Float32Array {
  const noise = whiteNoise(9600);
  let low = 0;
  const signal = Float32Array.from(noise, (x, i) => {
    low += 0.55 * (x - low);
    const t = i / 48_000;
    const body = Math.sin(2 * Math.PI * (50 * t - 6 * Math.exp(-30 * t)));
    return Math.exp(-6 * t) * body + 0.5 * Math.exp(-20 * t) * low;
  });
  return toPeak(signal, 2);
}

function toPeak(signal: Float32Array, peak: number): Float32Array {
  let max = 0;
  for (const sample of signal) max = Math.max(max, Math.abs(sample));
  return signal.map((sample) => sample * peak / max);
}
