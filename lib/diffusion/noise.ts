/**
 * Reproducible Gaussian noise for latents. This module is browser compatible.
 *
 * @module
 */
import { philox4x32, PHILOX_WORDS } from "./philox.ts";

/** Second key word, so that no other use of Philox with the same seed shares numbers. */
const LATENT_KEY = 0x4c41544e;

/** Which noise {@linkcode gaussianFrames} gives. */
export interface GaussianFramesOptions {
  /** Seed of the piece, u32. */
  seed: number;
  /** Independent noise under the same seed, u32: e.g. 0 for the start of a sampler, i for its step i. */
  stream: number;
  /** Index of the first latent frame, 0 to 2^53 - 1. */
  firstFrame: number;
  /** Latent frames. */
  frames: number;
  /** Latent channels. */
  channels: number;
}

/**
 * Standard normal noise, row-major (frame, channel). A value depends on seed,
 * stream, frame index and channel alone, not on how frames are cut into blocks.
 *
 * Channels 4q to 4q+3 of frame n come from the Philox block with counter
 * (q, n mod 2^32, n div 2^32, stream) and key (seed, 0x4c41544e) by two
 * Box-Muller pairs: words 0, 1 give channels 4q, 4q+1, words 2, 3 the others.
 */
export function gaussianFrames(
  options: GaussianFramesOptions,
): Float32Array<ArrayBuffer> {
  const { seed, stream, firstFrame, frames, channels } = options;
  const noise = new Float32Array(frames * channels);
  const words = new Uint32Array(PHILOX_WORDS);
  const quad = new Float64Array(PHILOX_WORDS);
  for (let i = 0; i < frames; i++) {
    const frame = firstFrame + i;
    const frameHigh = Math.floor(frame / 2 ** 32);
    for (let channel = 0; channel < channels; channel += PHILOX_WORDS) {
      const q = channel / PHILOX_WORDS;
      philox4x32(seed, LATENT_KEY, q, frame, frameHigh, stream, words);
      boxMuller(words, quad, 0);
      boxMuller(words, quad, 2);
      const wanted = Math.min(PHILOX_WORDS, channels - channel);
      for (let j = 0; j < wanted; j++) {
        noise[i * channels + channel + j] = quad[j]!;
      }
    }
  }
  return noise;
}

/** Two normal values from two words (Box and Muller 1958). */
function boxMuller(words: Uint32Array, out: Float64Array, at: number): void {
  // Centred in its cell, so never 0: the logarithm stays finite.
  const uniform = (words[at]! + 0.5) / 2 ** 32;
  const angle = 2 * Math.PI * words[at + 1]! / 2 ** 32;
  const radius = Math.sqrt(-2 * Math.log(uniform));
  out[at] = radius * Math.cos(angle);
  out[at + 1] = radius * Math.sin(angle);
}
