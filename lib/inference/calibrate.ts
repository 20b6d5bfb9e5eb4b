/**
 * What a model's work costs on this device, found out before anybody waits for
 * it, and whether streams may share runs of its denoiser.
 *
 * @module
 */
import { gaussianFrames } from "../diffusion/noise.ts";
import { steadyShapes, WINDOW_FRAMES } from "./demand.ts";
import type { DenoiserInput } from "./engine.ts";
import type { LoadedModel } from "./loaded_model.ts";

/** Runs of each shape; the last counts most. */
const RUNS = 2;
/** Rows of a shared run at most: with more, everybody else waits too long. */
const MOST_ROWS = 4;
/** A shared run has to be at least this much faster to be worth the waiting. */
const GAIN = 0.95;
/** A shared run must not keep others waiting for longer, in ms. */
const MOST_MS = 80;

/** Runs a model's usual shapes, synthesis beside the networks, as under load. */
export async function calibrate(model: LoadedModel): Promise<void> {
  model.sharedRows = 1;
  const { manifest } = model;
  const { guidance } = manifest.sampler;
  const one = guidance === null ? 1 : 2;
  for (let i = 0; i < RUNS; i++) {
    await Promise.all([decodeWindow(model), denoise(model, one)]);
  }
  const alone = await timed(() => denoise(model, one));
  // Rows of other streams must not change a bit of one's own.
  let rows = 1;
  for (let more = 2 * one; more <= MOST_ROWS * one; more *= 2) {
    const shared = await timed(() => denoise(model, more));
    const { length } = alone.result;
    const same = alone.result.every((value, i) => value === shared.result[i]) &&
      shared.result.length === length * more / one;
    const faster = shared.ms < GAIN * alone.ms * more / one;
    if (!same || !faster || shared.ms > MOST_MS) break;
    rows = more;
  }
  model.sharedRows = rows;
}

async function timed<T>(run: () => Promise<T>) {
  let ms = Infinity;
  let result!: T;
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now();
    result = await run();
    ms = Math.min(ms, performance.now() - begin);
  }
  return { result, ms };
}

/** One call at the steady shape; row 0 is the same whatever the number of rows. */
async function denoise(
  model: LoadedModel,
  batch: number,
): Promise<Float32Array> {
  const { latent, prompt, controls } = model.manifest;
  const { total: frames } = steadyShapes(model.manifest);
  const rows = batch * frames;
  const input: DenoiserInput = {
    ...{ batch, frames },
    x: noise(1, rows * latent.channels),
    cNoise: Float32Array.from({ length: batch }, (_, i) => 0.3 - 0.2 * i),
    prompt: noise(2, batch * prompt.tokens * prompt.dims),
    controls: noise(3, rows * controls.channels),
    context: noise(4, rows * (latent.channels + 1)),
  };
  let result!: Float32Array;
  const budgets = model.manifest.denoiser.budgets?.by_sigma ?? [null];
  for (const budget of budgets) {
    const blocks = budget && { blocks: budget.blocks };
    result = await model.denoise({ ...input, ...blocks }, { deadlineMs: 0 });
  }
  return result;
}

async function decodeWindow(model: LoadedModel): Promise<void> {
  const { latent, decoder } = model.manifest;
  const contextFrames = decoder.context_frames;
  await model.decode({
    latents: noise(5, (contextFrames + WINDOW_FRAMES) * latent.channels)
      .map((value) => latent.sigma_data * value),
    contextFrames,
    newFrames: WINDOW_FRAMES,
    index: contextFrames,
    state: null,
  }, { deadlineMs: 0 });
}

/** Standard normal values, the first ones the same for every length. */
function noise(seed: number, length: number): Float32Array {
  return gaussianFrames({
    ...{ seed, stream: 0, firstFrame: 0, frames: 1, channels: length },
  });
}
