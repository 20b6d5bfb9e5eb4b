/** Test signals and measurements over them. */

/** A sine of `hz` at 48 kHz, `samples` long. */
export function sine(
  hz: number,
  samples: number,
  amplitude = 0.5,
  phase = 0,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin(2 * Math.PI * hz * i / 48_000 + phase),
  );
}

/** Uniform white noise in [-1, 1) from a small linear congruential generator. */
export function whiteNoise(
  samples: number,
  seed = 1,
): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Signal-to-noise ratio of `actual` against `expected`, in dB. */
export function snrDb(actual: Float32Array, expected: Float32Array): number {
  let signal = 0;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2;
    error += (actual[i]! - expected[i]!) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

/** Complex amplitude of the partial at `hz`, by a Hann-windowed correlation. */
export function partial(
  signal: Float32Array,
  hz: number,
): { re: number; im: number; amplitude: number } {
  let re = 0;
  let im = 0;
  let sum = 0;
  for (let i = 0; i < signal.length; i++) {
    const window = 0.5 -
      0.5 * Math.cos(2 * Math.PI * (i + 0.5) / signal.length);
    const angle = 2 * Math.PI * hz * i / 48_000;
    re += window * signal[i]! * Math.cos(angle);
    im -= window * signal[i]! * Math.sin(angle);
    sum += window;
  }
  re *= 2 / sum;
  im *= 2 / sum;
  return { re, im, amplitude: Math.hypot(re, im) };
}

/** Largest magnitude of `signal` interpolated 4 times by a windowed sinc. */
export function truePeak(signal: Float32Array): number {
  const reach = 48;
  let peak = 0;
  for (let i = 0; i < signal.length; i++) {
    for (let q = 0; q < 4; q++) {
      let sum = 0;
      const centre = i + q / 4;
      const first = Math.max(0, Math.ceil(centre - reach));
      const last = Math.min(signal.length - 1, Math.floor(centre + reach));
      for (let n = first; n <= last; n++) {
        const t = centre - n;
        const window = 0.5 + 0.5 * Math.cos(Math.PI * t / reach);
        const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
        sum += signal[n]! * sinc * window;
      }
      peak = Math.max(peak, Math.abs(sum));
    }
  }
  return peak;
}
