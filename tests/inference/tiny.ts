/**
 * The tiny packages and inputs for them.
 *
 * @module
 */
import type {
  DecoderOutput,
  DenoiserInput,
  Engine,
  Model,
} from "../../lib/inference/mod.ts";
import { type EngineOptions, openEngine } from "../../lib/inference/mod.ts";
import type { Provider } from "../../lib/inference/mod.ts";
import { gaussianFrames } from "../../lib/diffusion/mod.ts";
import { createLog } from "../../lib/log.ts";

export const TINY = "models/tiny";
export const TINY_SPECTRUM = "models/tiny_spectrum";
export const TINY_LAYERS = "models/tiny_layers";

/** Work that is due at once. */
export const NOW = { deadlineMs: 0 };

/** A log that nobody reads. */
export const SILENT = createLog("json", () => {});

export function openTiny(
  models: string[] = [TINY],
  provider: Provider = "cpu",
  more: Partial<EngineOptions> = {},
): Promise<Engine> {
  return openEngine({
    models,
    provider,
    threads: 1,
    log: SILENT,
    calibrate: false,
    ...more,
  });
}

/** Standard normal values. */
export function noise(seed: number, length: number): Float32Array {
  return gaussianFrames({
    seed,
    stream: 0,
    firstFrame: 0,
    frames: 1,
    channels: length,
  });
}

/** A call of a model's denoiser with random inputs. */
export function denoiserInput(
  { manifest: { latent, prompt, controls } }: Model,
  batch: number,
  frames: number,
): DenoiserInput {
  const rows = batch * frames;
  return {
    batch,
    frames,
    x: noise(1, rows * latent.channels),
    cNoise: noise(2, batch),
    prompt: noise(3, batch * prompt.tokens * prompt.dims),
    controls: noise(4, rows * controls.channels),
    context: noise(5, rows * (latent.channels + 1)),
  };
}

/** Decodes latents, row-major, in windows of the given lengths. */
export async function decodeWindows(
  model: Model,
  latents: Float32Array,
  lengths: number[],
): Promise<{ left: number[]; right: number[] }> {
  const { latent: { channels }, decoder } = model.manifest;
  const left: number[] = [];
  const right: number[] = [];
  let state: DecoderOutput["state"] | null = null;
  let index = 0;
  for (const newFrames of lengths) {
    const contextFrames = Math.min(index, decoder.context_frames);
    const start = (index - contextFrames) * channels;
    const window: DecoderOutput = await model.decode({
      latents: latents.slice(start, (index + newFrames) * channels),
      contextFrames,
      newFrames,
      index,
      state,
    }, NOW);
    left.push(...window.left);
    right.push(...window.right);
    state = window.state;
    index += newFrames;
  }
  return { left, right };
}

/** Largest difference of two signals. */
export function maxDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): number {
  if (a.length !== b.length) return Infinity;
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // NaN compares as false: it must not pass for no difference.
    if (!(difference <= max)) max = difference;
  }
  return max;
}

export function rms(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}
