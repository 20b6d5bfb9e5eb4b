/**
 * One block of latent frames: a pure function of the package, the prompt, the
 * controls, the context, the seed and the position. Any worker can make it, and
 * making it twice gives the same bits.
 *
 * @module
 */
import {
  blocksAt,
  evaluations,
  gaussianFrames,
  type Guidance,
  guide,
  type NoiseLevel,
  precondition,
  sample,
  scaled,
  scheduleSigmas,
} from "../diffusion/mod.ts";
import type { BlockInput, Model } from "../inference/engine.ts";
import type { Manifest } from "../inference/manifest.ts";

export type { BlockInput } from "../inference/engine.ts";

/** How to run a block's denoiser calls. */
export interface BlockOptions {
  deadlineMs: number;
  interactive?: boolean;
  owner?: unknown;
  /** Ends the making between two calls. */
  signal: AbortSignal;
  /** Told after each call how long it waited and ran, in ms. */
  onTiming?: (timing: { queueMs: number; runMs: number }) => void;
}

/** `rows` copies of `array`, one after the other. */
function repeat(array: Float32Array, rows: number): Float32Array {
  const out = new Float32Array(array.length * rows);
  for (let row = 0; row < rows; row++) out.set(array, row * array.length);
  return out;
}

/** `array` followed by as many zeros: the null prompt is the second row. */
function withNull(array: Float32Array, rows: number): Float32Array {
  const out = new Float32Array(array.length * rows);
  out.set(array);
  return out;
}

/** What is done with a group of controls in what guidance leads away from, if it is not nothing there. */
type Unasked = Record<string, "kept" | "all">;

/** True if a frame asks for less than all parts. */
function mutes(
  controls: Float32Array,
  { layout, channels }: Manifest["controls"],
): boolean {
  let mask = -1;
  for (const [name, width] of layout) {
    mask += width;
    if (name !== "parts") continue;
    for (let at = mask; at < controls.length; at += channels) {
      if (controls[at]! > 0) return true;
    }
  }
  return false;
}

/** How a block is guided, and away from what; null if it is not. */
function guidanceOf(
  { sampler: { guidance, muting }, controls }: Manifest,
  input: BlockInput,
): Guidance & { unasked: Unasked; keepsPrompt: boolean } | null {
  if (guidance) {
    return {
      kind: guidance.kind,
      scale: input.guidance ?? guidance.scale,
      sigmaLow: guidance.sigma_low,
      sigmaHigh: guidance.sigma_high,
      unasked: guidance.unasked,
      keepsPrompt: false,
    };
  }
  if (!muting || !mutes(input.controls, controls)) return null;
  const kept = controls.layout.map(([name]) => [name, "kept"] as const);
  return {
    kind: "cfg",
    scale: muting.scale,
    sigmaLow: muting.sigma_low,
    sigmaHigh: Infinity,
    unasked: { ...Object.fromEntries(kept), parts: "all" },
    keepsPrompt: true,
  };
}

/**
 * Controls followed by what guidance leads away from: nothing, but for groups
 * that the package keeps, or wants whole wherever their mask is set: what is 0
 * in them is 1.
 */
function withUnasked(
  controls: Float32Array,
  rows: number,
  { layout, channels }: Manifest["controls"],
  unasked: Unasked,
): Float32Array {
  const out = withNull(controls, rows);
  if (rows === 1) return out;
  const second = out.subarray(controls.length);
  let begin = 0;
  for (const [name, width] of layout) {
    const end = begin + width;
    const how = unasked[name];
    for (let at = 0; how && at < controls.length; at += channels) {
      if (how === "kept") {
        second.set(controls.subarray(at + begin, at + end), at + begin);
      } else {
        const mask = controls[at + end - 1]!;
        for (let i = at + begin; i < at + end; i++) {
          second[i] = mask && (controls[i]! || 1);
        }
      }
    }
    begin = end;
  }
  return out;
}

/** Known latents with their mask as the last channel; zeros for the new frames. */
function contextRows(input: BlockInput, channels: number): Float32Array {
  const { context, contextFrames, after, afterFrames, frames } = input;
  const width = channels + 1;
  const rows = new Float32Array((contextFrames + frames + afterFrames) * width);
  const know = (latents: Float32Array, count: number, first: number) => {
    for (let i = 0; i < count; i++) {
      const row = latents.subarray(i * channels, (i + 1) * channels);
      rows.set(row, (first + i) * width);
      rows[(first + i) * width + channels] = 1;
    }
  };
  know(context, contextFrames, 0);
  know(after, afterFrames, contextFrames + frames);
  return rows;
}

/**
 * Makes a block.
 *
 * @returns Latents of the new frames, row-major (frames, channels).
 * @throws {DOMException} AbortError if the signal is aborted between two calls.
 */
export async function makeBlock(
  model: Model,
  input: BlockInput,
  options: BlockOptions,
): Promise<Float32Array> {
  if (model.makeBlock) return await model.makeBlock(input, options);
  const { latent, sampler, denoiser: { budgets } } = model.manifest;
  const { channels } = latent;
  const { contextFrames, afterFrames, frames } = input;
  const total = contextFrames + frames + afterFrames;
  const context = contextRows(input, channels);
  // After the last call comes a decoder window, which costs about as much.
  const calls = evaluations(sampler.kind, input.steps) + 1;
  let called = 0;
  const guidance = guidanceOf(model.manifest, input);

  const network = async (
    scaled: Float32Array,
    { sigma, cNoise }: NoiseLevel,
    rows: 1 | 2,
  ): Promise<Float32Array> => {
    // Where the latents are known the network is shown them clean, and no noise.
    const x = new Float32Array(total * channels);
    x.set(scaled, contextFrames * channels);
    const f = await model.denoise({
      batch: rows,
      frames: total,
      x: repeat(x, rows),
      cNoise: new Float32Array(rows).fill(cNoise),
      prompt: (guidance?.keepsPrompt ? repeat : withNull)(input.prompt, rows),
      controls: withUnasked(
        input.controls,
        rows,
        model.manifest.controls,
        guidance?.unasked ?? {},
      ),
      context: repeat(context, rows),
      ...(budgets && {
        blocks: Math.min(
          blocksAt(budgets.by_sigma, sigma),
          input.mostBlocks ?? Infinity,
        ),
      }),
    }, { ...options, restUnits: Math.max(0, calls - ++called) });
    const fresh = new Float32Array(rows * frames * channels);
    for (let row = 0; row < rows; row++) {
      const start = (row * total + contextFrames) * channels;
      fresh.set(
        f.subarray(start, start + frames * channels),
        row * frames * channels,
      );
    }
    return fresh;
  };

  const denoiser = guide(precondition(network, latent.sigma_data), guidance);
  const sigmas = scheduleSigmas(sampler.schedule, input.steps);
  const noise = (stream: number) =>
    gaussianFrames({
      seed: input.seed,
      stream,
      firstFrame: input.index,
      frames,
      channels,
    });
  const start = scaled(noise(0), sigmas[0]!);
  return await sample(sampler.kind, denoiser, start, sigmas, {
    signal: options.signal,
    noise: (step) => noise(step + 1),
  });
}
