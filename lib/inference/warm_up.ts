/**
 * Which shapes are run once before a model counts as ready.
 *
 * @module
 */
import type { Provider } from "./engine.ts";
import type { Manifest } from "./manifest.ts";
import type { DecodeRequest, DenoiseRequest } from "./messages.ts";
import type { Networks } from "./networks.ts";
import { pack, type Packed } from "./packed.ts";

/** Latent frames of decoder windows: a short one is heard first. */
const DECODER_WINDOWS = [2, 24];

/** One run of everything, in the shapes that streams use. */
export interface WarmUpPlan {
  /** Tokens of a text. */
  prompts: number[];
  denoiser: { batch: number; frames: number }[];
  decoder: { contextFrames: number; newFrames: number }[];
}

/**
 * Shapes to warm up. A GPU compiles for every shape, so it gets all of them;
 * on the CPU the smallest and the largest touch all code and memory.
 */
export function warmUpPlan(manifest: Manifest, provider: Provider): WarmUpPlan {
  const { prompt, decoder, sampler } = manifest;
  const batches = sampler.guidance === null && !sampler.muting ? [1] : [1, 2];
  const all = totalFrames(manifest);
  const lengths = provider === "cpu" ? [all[0]!, all.at(-1)!] : all;
  const contexts = distinct([0, decoder.context_frames]);
  const windows = [
    ...DECODER_WINDOWS,
    DECODER_WINDOWS[0]! +
    decoder.preroll_frames,
  ];
  return {
    prompts: provider === "cpu" ? [8] : [8, prompt.tokenizer.max_tokens],
    denoiser: batches.flatMap((batch) =>
      distinct(lengths).map((frames) => ({ batch, frames }))
    ),
    decoder: contexts.flatMap((contextFrames) =>
      distinct(windows).map((newFrames) => ({ contextFrames, newFrames }))
    ),
  };
}

/** Latent frames of denoiser calls, rising: each block length with the contexts that a stream grows through. */
function totalFrames({ blocks, denoiser }: Manifest): number[] {
  const { lengths, context } = blocks;
  const { multiple, max } = denoiser.frames;
  const contexts = [0, context];
  for (let i = 0, sum = 0; i < lengths.length; i++) {
    sum += lengths[i]!;
    contexts.push(Math.min(sum, context));
  }
  return distinct(lengths.flatMap((length) =>
    contexts.map((each) => {
      const total = Math.min(each, max - length) + length;
      return total - total % multiple;
    })
  ));
}

/** Each number of blocks is a way of its own through the graph. */
function blocksInUse({ denoiser: { budgets } }: Manifest): (number | null)[] {
  return budgets
    ? distinct(budgets.by_sigma.map(({ blocks }) => blocks))
    : [null];
}

function distinct(values: number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** Runs a model once in every shape of its plan. */
export async function runWarmUp(
  networks: Networks,
  provider: Provider,
): Promise<void> {
  const { manifest } = networks;
  const { latent, prompt, controls } = manifest;
  const plan = warmUpPlan(manifest, provider);
  const model = manifest.id;
  for (const tokens of plan.prompts) {
    const ids = new Array<number>(tokens).fill(0);
    const fed = { "prompt.tokens": prompt.tokens, "prompt.dims": prompt.dims };
    await naming(manifest, "prompt", fed, () => {
      return networks.encode({ type: "encode", model, ids });
    });
  }
  for (const { batch, frames } of plan.denoiser) {
    const unit = denoiseUnit(manifest, batch, frames);
    const fed = {
      "latent.channels": latent.channels,
      "prompt.tokens": prompt.tokens,
      "prompt.dims": prompt.dims,
      "controls.channels": controls.channels,
    };
    for (const blocks of blocksInUse(manifest)) {
      await naming(manifest, "denoiser", fed, () => {
        return networks.denoise({ ...unit, blocks });
      });
    }
  }
  for (const { contextFrames, newFrames } of plan.decoder) {
    const fed = {
      "latent.channels": latent.channels,
      "latent.hop_samples": latent.hop_samples,
    };
    await naming(manifest, "decoder", fed, () => {
      return networks.decode(decodeUnit(manifest, contextFrames, newFrames));
    });
  }
}

/** After one that is not: it loads and compiles. */
const TIMED_RUNS = 3;

/** How long a model takes for a step of its shortest block and the first window, the median of a few, in ms. */
export async function timeOf(networks: Networks): Promise<number> {
  const { manifest } = networks;
  const [frames] = totalFrames(manifest);
  const blocks = blocksInUse(manifest).at(-1)!;
  const times: number[] = [];
  for (let i = 0; i < 1 + TIMED_RUNS; i++) {
    const startMs = performance.now();
    await networks.denoise({ ...denoiseUnit(manifest, 1, frames!), blocks });
    await networks.decode(decodeUnit(manifest, 0, DECODER_WINDOWS[0]!));
    times.push(performance.now() - startMs);
  }
  return times.slice(1).sort((a, b) => a - b)[TIMED_RUNS >> 1]!;
}

function denoiseUnit(
  manifest: Manifest,
  batch: number,
  frames: number,
): Omit<DenoiseRequest, "blocks"> {
  const { id: model, latent, prompt, controls } = manifest;
  const rows = batch * frames;
  const inputs = zeros([
    rows * latent.channels,
    batch,
    batch * prompt.tokens * prompt.dims,
    rows * controls.channels,
    rows * (latent.channels + 1),
  ]);
  return { type: "denoise", model, batch, frames, inputs };
}

function decodeUnit(
  { id: model, latent }: Manifest,
  contextFrames: number,
  newFrames: number,
): DecodeRequest {
  const frames = contextFrames + newFrames;
  const inputs = zeros([frames * latent.channels]);
  const window = { contextFrames, newFrames };
  return { type: "decode", model, ...window, inputs, features: null };
}

/** What a graph refuses is told with the fields that it was fed by: the runtime knows neither. */
async function naming(
  { id, ...manifest }: Manifest,
  role: "prompt" | "denoiser" | "decoder",
  fed: Record<string, number>,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    const fields = Object.entries(fed)
      .map(([name, value]) => `${name} ${value}`).join(", ");
    throw new Error(
      `Model "${id}": ${manifest[role].graph.file} does not fit ${fields}: ` +
        (error as Error).message,
      { cause: error },
    );
  }
}

function zeros(lengths: number[]): Packed {
  return pack(lengths.map((length) => new Float32Array(length)), null);
}
