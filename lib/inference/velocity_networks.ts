/**
 * Graphs of rectified flow, as Stable Audio 3 publishes them, behind the
 * interface that the rest of the server knows: EDM noise levels, one row a
 * latent frame, known frames as context.
 *
 * A flow is at x_t = (1 - t) x + t noise; EDM is at x + sigma noise. With
 * sigma = t / (1 - t) one is the other times 1 - t, so samplers and schedules
 * need not know.
 *
 * @module
 */
import { gaussianFrames, preconditioning } from "../diffusion/mod.ts";
import type { Manifest } from "./manifest.ts";
import type { DenoiseRequest } from "./messages.ts";
import type { Ort, Session } from "./ort.ts";
import { unpack } from "./packed.ts";

type Samples = Float32Array<ArrayBuffer>;

/** Numbers the noise on known frames apart from that of a piece. */
const KNOWN_NOISE_SEED = 0x6b6e6f77;

/** A mixed prompt's token counts if so much of the mix has it. */
const MASK_THRESHOLD = 0.25;

/** (frames, channels) as (1, channels, frames), with the first frame repeated before until there are enough. */
export function channelsFirst(
  rows: Float32Array,
  channels: number,
  minFrames = 0,
): { array: Samples; shape: number[] } {
  const frames = rows.length / channels;
  const all = Math.max(frames, minFrames);
  const array = new Float32Array(channels * all);
  for (let i = 0; i < all; i++) {
    const row = Math.max(0, i - (all - frames)) * channels;
    for (let c = 0; c < channels; c++) array[c * all + i] = rows[row + c]!;
  }
  return { array, shape: [1, channels, all] };
}

/** Prompt tokens of a graph of fixed length; the last value of each is its mask. */
export async function encodePadded(
  { Tensor }: Ort,
  session: Session,
  { prompt: { graph, tokens, dims } }: Manifest,
  ids: readonly number[],
): Promise<Samples> {
  const padded = new BigInt64Array(tokens);
  const mask = new BigInt64Array(tokens);
  ids.slice(0, tokens).forEach((id, i) => {
    padded[i] = BigInt(id);
    mask[i] = 1n;
  });
  const shape = [1, tokens];
  const hidden = new Float32Array(tokens * (dims - 1));
  await session.run({
    [graph.inputs.ids]: new Tensor("int64", padded, shape),
    [graph.inputs.mask]: new Tensor("int64", mask, shape),
  }, {
    [graph.outputs.tokens]: new Tensor("float32", hidden, [...shape, dims - 1]),
  });
  const out = new Float32Array(tokens * dims);
  for (let i = 0; i < tokens; i++) {
    out.set(hidden.subarray(i * (dims - 1), (i + 1) * (dims - 1)), i * dims);
    out[(i + 1) * dims - 1] = Number(mask[i]);
  }
  return out;
}

/** F of every row, from a graph that predicts velocity, one row a run. */
export async function denoiseByVelocity(
  ort: Ort,
  session: Session,
  manifest: Manifest,
  { batch, frames, inputs }: DenoiseRequest,
): Promise<Samples[]> {
  const [x, cNoise, prompt, , context] = unpack(inputs);
  const { channels } = manifest.latent;
  const promptSize = manifest.prompt.tokens * manifest.prompt.dims;
  const f = new Float32Array(batch * frames * channels);
  for (let row = 0; row < batch; row++) {
    const part = (array: Float32Array, size: number) =>
      array.subarray(row * size, (row + 1) * size);
    f.set(
      await velocityRow(ort, session, manifest, {
        frames,
        x: part(x!, frames * channels),
        sigma: Math.exp(4 * cNoise![row]!),
        prompt: part(prompt!, promptSize),
        context: part(context!, frames * (channels + 1)),
      }),
      row * frames * channels,
    );
  }
  return [f];
}

interface Row {
  frames: number;
  /** c_in times x, zero where the latents are known. */
  x: Float32Array;
  sigma: number;
  prompt: Float32Array;
  /** Known latents, then 1 where they are known. */
  context: Float32Array;
}

async function velocityRow(
  { Tensor }: Ort,
  session: Session,
  manifest: Manifest,
  { frames, x, sigma, prompt, context }: Row,
): Promise<Float32Array> {
  const { denoiser, latent: { channels, sigma_data } } = manifest;
  if (denoiser.prediction !== "velocity") throw new Error("no velocity");
  const { graph: { inputs: names, outputs } } = denoiser;
  const { cIn, cSkip, cOut } = preconditioning(sigma, sigma_data);
  const t = sigma / (1 + sigma);
  const flow = flowRows({ frames, x, context, channels, t, cIn });
  const velocity = new Float32Array(channels * frames);
  const { hidden, mask } = splitPrompt(prompt, manifest.prompt);
  const seconds = frames * denoiser.seconds_a_frame + denoiser.seconds_padding;
  const known = keepFirst(context, channels);
  const float = (array: Samples, shape: number[]) =>
    new Tensor("float32", array, shape);
  const { tokens, dims } = manifest.prompt;
  const rows = channelsFirst(flow, channels);
  const cond = channelsFirst(known, channels + 1);
  await session.run({
    [names.x]: float(rows.array, rows.shape),
    [names.t]: float(Float32Array.of(t), [1]),
    [names.prompt]: float(hidden, [1, tokens, dims - 1]),
    [names.prompt_mask]: float(mask, [1, tokens]),
    [names.seconds]: float(Float32Array.of(seconds), [1]),
    [names.context]: float(cond.array, cond.shape),
  }, { [outputs.velocity]: float(velocity, rows.shape) });
  const f = new Float32Array(frames * channels);
  for (let i = 0; i < frames; i++) {
    for (let c = 0; c < channels; c++) {
      const at = i * channels + c;
      const denoised = flow[at]! - t * velocity[c * frames + i]!;
      f[at] = (denoised - cSkip * x[at]! / cIn) / cOut;
    }
  }
  return f;
}

/** x_t of every frame: the sampler's where new, and what it would be where known. */
function flowRows(
  { frames, x, context, channels, t, cIn }:
    & Pick<Row, "frames" | "x" | "context">
    & {
      channels: number;
      t: number;
      cIn: number;
    },
): Samples {
  const flow = new Float32Array(frames * channels);
  const noise = gaussianFrames({
    ...{ seed: KNOWN_NOISE_SEED, stream: 0, firstFrame: 0, frames, channels },
  });
  for (let i = 0; i < frames; i++) {
    const known = context[i * (channels + 1) + channels] === 1;
    for (let c = 0; c < channels; c++) {
      const at = i * channels + c;
      flow[at] = known
        ? (1 - t) * context[i * (channels + 1) + c]! + t * noise[at]!
        : (1 - t) * x[at]! / cIn;
    }
  }
  return flow;
}

/** Rows of known latents and mask, with the mask first, as the graph has it. */
function keepFirst(context: Float32Array, channels: number): Samples {
  const out = new Float32Array(context.length);
  for (let at = 0; at < out.length; at += channels + 1) {
    out[at] = context[at + channels]!;
    out.set(context.subarray(at, at + channels), at + 1);
  }
  return out;
}

function splitPrompt(
  prompt: Float32Array,
  { tokens, dims }: Manifest["prompt"],
): { hidden: Samples; mask: Samples } {
  const hidden = new Float32Array(tokens * (dims - 1));
  const mask = new Float32Array(tokens);
  for (let i = 0; i < tokens; i++) {
    const row = prompt.subarray(i * dims, (i + 1) * dims);
    hidden.set(row.subarray(0, dims - 1), i * (dims - 1));
    mask[i] = row[dims - 1]! > MASK_THRESHOLD ? 1 : 0;
  }
  return { hidden, mask };
}
