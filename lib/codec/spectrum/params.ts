/** Sample rate of the synthesis, in Hz. */
export const SAMPLE_RATE_HZ = 48_000;

/** Segments of the gain envelope in a hop. */
export const ENV_SEGMENTS = 4;

/** Geometry of the synthesis, as a model package states it. */
export interface SpectrumParams {
  /** Samples N of a tonal window; a multiple of 32 and of `hop`. */
  n_fft: number;
  /** Samples between tonal frames; a multiple of 16. */
  hop: number;
  /** Tonal bins K, from 0 Hz, spaced 48000 / N; at most N / 2. */
  tonal_bins: number;
  /** Bands of the noise, [low, high) in Hz. */
  hf_bands: readonly (readonly number[])[];
  /** Centres of the panning bands in Hz, rising. */
  pan_bands_hz: readonly number[];
  /** Frequency up to which all is tonal. */
  cross_lo_hz: number;
  /** Frequency from which all is noise. */
  cross_hi_hz: number;
  /** Phase locking sweeps per frame: up, down, up, ... */
  sweeps: number;
  /** Largest turn of a tonal bin's left and right from their common phase, where they are not coherent, in radians. */
  spread_rad: number;
  /** Corner of the high-pass under the gain envelope. */
  env_cut_hz: number;
}

/** What the decoder network predicts for F frames; arrays are row-major. */
export interface SpectrumFeatures {
  /** (F, K): ln U, U = |L| + |R| of the Gaussian STFT. */
  logMag: Float32Array;
  /** (F, bands): ln U per bin of a Hann STFT of 2 hops, root mean square over the band. */
  hf: Float32Array;
  /** (F, pan bands): -1 (right alone) to 1 (left alone). */
  pan: Float32Array;
  /** (F, pan bands): how far left and right share their phase, 0 to 1. */
  coherence: Float32Array;
  /** (F, K, 2): confidence-weighted phase advance since the frame before, less 2 pi k hop / N. */
  advance: Float32Array;
  /** (F, K, 2): confidence-weighted phase step from bin k to k + 1. */
  step: Float32Array;
  /** (4 F): ln RMS of the high-passed (L + R) / 2, per quarter hop. */
  env: Float32Array;
}

/**
 * Checks the geometry.
 *
 * @throws {RangeError} If a value is out of range, naming it.
 */
export function requireParams(params: SpectrumParams): void {
  const { n_fft, hop, tonal_bins, hf_bands, pan_bands_hz, sweeps } = params;
  const nyquist = SAMPLE_RATE_HZ / 2;
  const rules: [keyof SpectrumParams, boolean, string][] = [
    ["hop", multiple(hop, 16), "a multiple of 16"],
    [
      "n_fft",
      multiple(n_fft, 32) && multiple(n_fft, hop) && n_fft >= 4 * hop,
      "a multiple of 32 and of hop, at least 4 hops",
    ],
    [
      "tonal_bins",
      Number.isInteger(tonal_bins) && tonal_bins > 0 && tonal_bins <= n_fft / 2,
      "an integer from 1 to n_fft / 2",
    ],
    [
      "hf_bands",
      hf_bands.length > 0 &&
      hf_bands.every(([low, high]) => low! >= 0 && low! < high!),
      "pairs [low, high] with low < high",
    ],
    [
      "pan_bands_hz",
      pan_bands_hz.length > 0 &&
      pan_bands_hz.every((hz, i) => i === 0 || hz > pan_bands_hz[i - 1]!),
      "rising",
    ],
    [
      "cross_hi_hz",
      params.cross_lo_hz >= 0 && params.cross_hi_hz > params.cross_lo_hz,
      "above cross_lo_hz",
    ],
    ["sweeps", Number.isInteger(sweeps) && sweeps >= 0, "an integer from 0"],
    [
      "spread_rad",
      params.spread_rad >= 0 && params.spread_rad <= Math.PI,
      "within [0, pi]",
    ],
    [
      "env_cut_hz",
      params.env_cut_hz > 0 && params.env_cut_hz < nyquist,
      `between 0 and ${nyquist}`,
    ],
  ];
  for (const [name, valid, accepted] of rules) {
    if (!valid) {
      throw new RangeError(
        `Cannot synthesise with ${name} ${
          JSON.stringify(params[name])
        }: must be ${accepted}`,
      );
    }
  }
}

/**
 * Number of frames F, after checking that all features agree on it.
 *
 * @throws {RangeError} If a feature has another length.
 */
export function requireFrames(
  features: SpectrumFeatures,
  params: SpectrumParams,
): number {
  const frames = features.env.length / ENV_SEGMENTS;
  const widths = {
    env: ENV_SEGMENTS,
    logMag: params.tonal_bins,
    hf: params.hf_bands.length,
    pan: params.pan_bands_hz.length,
    coherence: params.pan_bands_hz.length,
    advance: 2 * params.tonal_bins,
    step: 2 * params.tonal_bins,
  };
  for (const [name, width] of Object.entries(widths)) {
    const { length } = features[name as keyof SpectrumFeatures];
    if (length !== frames * width || !Number.isInteger(frames)) {
      throw new RangeError(
        `Cannot synthesise ${frames} frames from ${length} values of ${name}: ` +
          `need ${width} per frame`,
      );
    }
  }
  return frames;
}

function multiple(value: number, of: number): boolean {
  return value > 0 && value % of === 0;
}
