/**
 * From a trained network to a denoiser. This module is browser compatible.
 *
 * @module
 */
import { combined, scaled } from "./vector.ts";

/** What a denoiser finds behind the noise. */
export interface Denoised {
  /** D(x; sigma), the expected clean signal, guided if guidance is on. */
  denoised: Float32Array;
  /** Prediction to take the noise direction from, if it is not `denoised` (CFG++). */
  renoise?: Float32Array;
}

/** D(x; sigma) of Karras et al. 2022; `sigma` > 0. Must not keep or change `x`. */
export type Denoiser = (x: Float32Array, sigma: number) => Promise<Denoised>;

/**
 * Denoises one `x` under several conditions in one batch. Row 0 is the
 * conditional prediction; with `rows` 2, row 1 is the unconditional one.
 */
export type BatchDenoiser = (
  x: Float32Array,
  sigma: number,
  rows: 1 | 2,
) => Promise<Float32Array[]>;

/** A noise level as a network is told it. */
export interface NoiseLevel {
  sigma: number;
  /** The same after preconditioning. */
  cNoise: number;
}

/**
 * The raw network F. Gets one row `input` = c_in x and the level, to be used for
 * each of `rows` conditions, and gives `rows` outputs, concatenated.
 */
export type Network = (
  input: Float32Array,
  level: NoiseLevel,
  rows: 1 | 2,
) => Promise<Float32Array>;

/** Coefficients of Karras et al. 2022, table 1, column "Ours". */
export interface Preconditioning {
  /** Share of x that bypasses the network. */
  cSkip: number;
  /** Scale of the network's output. */
  cOut: number;
  /** Scale of the network's input. */
  cIn: number;
  /** Noise level as the network sees it. */
  cNoise: number;
}

/** Preconditioning at noise level `sigma` for data of standard deviation `sigmaData`. */
export function preconditioning(
  sigma: number,
  sigmaData: number,
): Preconditioning {
  const variance = sigma ** 2 + sigmaData ** 2;
  return {
    cSkip: sigmaData ** 2 / variance,
    cOut: sigma * sigmaData / Math.sqrt(variance),
    cIn: 1 / Math.sqrt(variance),
    cNoise: Math.log(sigma) / 4,
  };
}

/**
 * D(x; sigma) = c_skip x + c_out F(c_in x; c_noise), equation 7.
 *
 * @throws {RangeError} (from the denoiser) If the network's output has not `rows` times the length of x.
 */
export function precondition(
  network: Network,
  sigmaData: number,
): BatchDenoiser {
  return async (x, sigma, rows) => {
    const { cSkip, cOut, cIn, cNoise } = preconditioning(sigma, sigmaData);
    const input = scaled(x, cIn);
    const f = await network(input, { sigma, cNoise }, rows);
    if (f.length !== rows * x.length) {
      throw new RangeError(
        `Cannot use ${f.length} network outputs: ${rows} x ${x.length} wanted`,
      );
    }
    return Array.from({ length: rows }, (_, row) => {
      const own = f.subarray(row * x.length, (row + 1) * x.length);
      return combined(cSkip, x, cOut, own);
    });
  };
}
