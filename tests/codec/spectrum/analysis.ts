/**
 * Features of a signal, straight from their definitions: slow, and independent
 * of the synthesis.
 */
import type {
  SpectrumFeatures,
  SpectrumParams,
} from "../../../lib/codec/mod.ts";
import { silentFeatures } from "./features.ts";

/**
 * Analyses a mono signal that is panned by `pan` (1 = left alone). Frame t
 * covers the samples from (t + 1 - N / hop) hop on; the signal is 0 before 0.
 */
export function analyse(
  mono: Float32Array,
  pan: number,
  params: SpectrumParams,
): SpectrumFeatures {
  const { n_fft, hop, tonal_bins } = params;
  const frames = mono.length / hop;
  const features = silentFeatures(frames, params);
  features.pan.fill(pan);
  let before: Phasors | null = null;
  for (let t = 0; t < frames; t++) {
    const now = centredDft(mono, (t + 1) * hop - n_fft, params);
    for (let k = 0; k < tonal_bins; k++) {
      const i = t * tonal_bins + k;
      features.logMag[i] = Math.log(Math.hypot(now.re[k]!, now.im[k]!) + 1e-9);
      if (before !== null) {
        const turn = -2 * Math.PI * k * hop / n_fft;
        setTurn(features.advance, i, angle(now, k) - angle(before, k) + turn);
      }
      if (k + 1 < tonal_bins) {
        setTurn(features.step, i, angle(now, k + 1) - angle(now, k));
      }
    }
    before = now;
  }
  return features;
}

interface Phasors {
  re: Float64Array;
  im: Float64Array;
}

function angle({ re, im }: Phasors, k: number): number {
  return Math.atan2(im[k]!, re[k]!);
}

function setTurn(values: Float32Array, i: number, radians: number): void {
  values[2 * i] = Math.cos(radians);
  values[2 * i + 1] = Math.sin(radians);
}

/** Gaussian-windowed DFT of U = |L| + |R|, phases at the window's centre. */
function centredDft(
  mono: Float32Array,
  start: number,
  { n_fft, tonal_bins }: SpectrumParams,
): Phasors {
  const re = new Float64Array(tonal_bins);
  const im = new Float64Array(tonal_bins);
  const half = n_fft / 2;
  const windowed = Float64Array.from({ length: n_fft }, (_, n) => {
    const g = 0.1137 * n_fft ** 2;
    return (mono[start + n] ?? 0) * Math.exp(-Math.PI * (n - half) ** 2 / g);
  });
  for (let k = 0; k < tonal_bins; k++) {
    for (let n = 0; n < n_fft; n++) {
      const i = (k * (n + half)) % n_fft;
      re[k]! += windowed[n]! * cosine(i, n_fft);
      im[k]! -= windowed[n]! * cosine(i + 3 * n_fft / 4, n_fft);
    }
  }
  return { re, im };
}

let cosines = new Float64Array(0);

function cosine(i: number, size: number): number {
  if (cosines.length !== size) {
    cosines = Float64Array.from(
      { length: size },
      (_, n) => Math.cos(2 * Math.PI * n / size),
    );
  }
  return cosines[i % size]!;
}
