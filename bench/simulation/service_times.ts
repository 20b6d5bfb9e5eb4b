/**
 * What units of work cost: measured on this machine, then simulated.
 *
 * @module
 */
import { featureShapes } from "../../lib/inference/features.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";
import { createSynthesis } from "../../lib/inference/synthesis.ts";
import type { Model } from "../../lib/inference/engine.ts";
import { gaussianFrames } from "../../lib/diffusion/mod.ts";

/** Times in ms. */
export interface ServiceTimes {
  /** A denoiser call by latent frames, blocks ("all" without budgets) and rows. */
  denoise: Record<string, number>;
  /** A decoder window, graph and synthesis, by new latent frames. */
  decode: Record<number, { graph: number; synthesis: number }>;
}

/** Name of a denoiser call in {@linkcode ServiceTimes}. */
export function callName(
  frames: number,
  blocks: number | null,
  rows: number,
): string {
  return `${frames}/${blocks ?? "all"}/${rows}`;
}

/** Latent frames that the denoiser sees in the blocks of a stream, with the context of each. */
export function blockShapes({ blocks, denoiser }: Manifest) {
  const { max, multiple } = denoiser.frames;
  const shapes: { frames: number; total: number }[] = [];
  let made = 0;
  for (let i = 0; i < blocks.lengths.length + 2; i++) {
    const frames = blocks.lengths[Math.min(i, blocks.lengths.length - 1)]!;
    const context = Math.min(made, blocks.context, max - frames);
    const total = frames + context;
    shapes.push({ frames, total: total - total % multiple });
    made += frames;
  }
  return shapes;
}

/** Rows of a call, with and without guidance, alone and shared. */
const ROWS = [1, 2, 4];
const WINDOWS = [2, 24];

/** Times that a model needs here; the median of `runs`. */
export async function measureServiceTimes(
  model: Model,
  runs: number,
): Promise<ServiceTimes> {
  const { denoiser: { budgets } } = model.manifest;
  const times: ServiceTimes = { denoise: {}, decode: {} };
  const totals = new Set(blockShapes(model.manifest).map(({ total }) => total));
  const kinds = budgets
    ? [...new Set(budgets.by_sigma.map(({ blocks }) => blocks))]
    : [null];
  for (const frames of totals) {
    for (const blocks of kinds) {
      for (const rows of ROWS) {
        const run = () => denoise(model, { frames, blocks, rows });
        times.denoise[callName(frames, blocks, rows)] = await median(run, runs);
      }
    }
  }
  for (const frames of WINDOWS) {
    const all = await median(() => decode(model, frames), runs);
    const run = await synthesise(model.manifest, frames);
    const synthesis = await median(run, runs);
    times.decode[frames] = { graph: Math.max(0, all - synthesis), synthesis };
  }
  return times;
}

async function median(run: () => Promise<number>, runs: number) {
  await run();
  const all: number[] = [];
  for (let i = 0; i < runs; i++) all.push(await run());
  return middle(all);
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function denoise(
  model: Model,
  { frames, blocks, rows: batch }: {
    frames: number;
    blocks: number | null;
    rows: number;
  },
): Promise<number> {
  const { latent, prompt, controls } = model.manifest;
  const rows = batch * frames;
  let ms = 0;
  await model.denoise({
    ...{ batch, frames },
    x: noise(rows * latent.channels),
    cNoise: new Float32Array(batch).fill(0.1),
    prompt: noise(batch * prompt.tokens * prompt.dims),
    controls: noise(rows * controls.channels),
    context: noise(rows * (latent.channels + 1)),
    ...(blocks !== null && { blocks }),
  }, { deadlineMs: 0, onTiming: ({ runMs }) => ms += runMs });
  return ms;
}

/** A decoder window: the graph and what makes PCM of its features. */
async function decode(model: Model, newFrames: number): Promise<number> {
  const { latent, decoder: { context_frames: contextFrames } } = model.manifest;
  let ms = 0;
  await model.decode({
    latents: noise((contextFrames + newFrames) * latent.channels)
      .map((value) => latent.sigma_data * value),
    ...{ contextFrames, newFrames, index: contextFrames, state: null },
  }, { deadlineMs: 0, onTiming: ({ runMs }) => ms += runMs });
  return ms;
}

/** The latter alone, on this thread. */
async function synthesise(manifest: Manifest, newFrames: number) {
  const synthesis = await createSynthesis(manifest);
  const contextFrames = manifest.decoder.context_frames;
  const window = { contextFrames, newFrames, index: contextFrames };
  const features = featureShapes(manifest, window)
    .map(({ length }) => noise(length));
  return () => {
    const begin = performance.now();
    synthesis(window, features, new Float32Array());
    return Promise.resolve(performance.now() - begin);
  };
}

function noise(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(gaussianFrames({
    ...{ seed: 1, stream: 0, firstFrame: 0, frames: 1, channels: length },
  }));
}
