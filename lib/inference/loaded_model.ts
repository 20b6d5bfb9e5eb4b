/**
 * A model of the engine: checks inputs, queues units of work, reads results.
 *
 * @module
 */
import { PromptEncoder, TextTokenizer } from "../prompt/mod.ts";
import type {
  DecoderInput,
  DecoderOutput,
  DenoiserInput,
  EncoderInput,
  Model,
  PromptEncoding,
  WorkOptions,
} from "./engine.ts";
import type { Pressure } from "./load.ts";
import type { Manifest } from "./manifest.ts";
import { decoderPlace, type Device, guarded } from "./device.ts";
import {
  analyseJob,
  decodeJob,
  denoiseJob,
  encodeJob,
  type RunOn,
  synthesiseJob,
} from "./jobs.ts";
import type { ModelPackage } from "./package.ts";
import { PackageError } from "./package_error.ts";
import { MOST_LOSSES } from "./scheduler.ts";
import { type Demand, demandOf } from "./demand.ts";
import { WorkerLostError } from "./worker_lost.ts";

/** Tempi that clients may ask for, in beats a minute; predictions stay inside. */
const MIN_BPM = 40;
const MAX_BPM = 240;

/** Implements {@linkcode Model} on a worker. */
export class LoadedModel implements Model {
  readonly manifest: Manifest;
  readonly sha256: string;
  readonly encodeAudio?: NonNullable<Model["encodeAudio"]>;
  #prompts: PromptEncoder;
  #device: Device;
  #runOn: RunOn;
  /** Memory for features, to be used again. */
  #spare: ArrayBuffer[] = [];
  /**
   * Rows of a denoiser run that streams may share: more than 1 only where the
   * device was seen to give the same bits, sooner.
   */
  sharedRows = 1;

  /**
   * @param limits `hangMs`: a worker at one unit for longer is ended, however little is known of it.
   * @throws {PackageError} If the tokenizer file is none.
   */
  constructor(
    source: ModelPackage,
    device: Device,
    limits: { hangMs?: number | undefined } = {},
  ) {
    this.manifest = source.manifest;
    this.sha256 = source.sha256;
    this.#device = device;
    this.#runOn = guarded(device.networks, limits.hangMs);
    if (source.manifest.encoder) {
      this.encodeAudio = (input, options) => this.#encodeAudio(input, options);
    }
    const { file, max_tokens } = source.manifest.prompt.tokenizer;
    try {
      const tokenizer = new TextTokenizer(source.tokenizer, {
        maxTokens: max_tokens,
      });
      this.#prompts = new PromptEncoder({ tokenizer });
    } catch (error) {
      const { id } = source.manifest;
      const reason = (error as Error).message;
      throw new PackageError(
        `Cannot use ${file} of model "${id}": ${reason}`,
        { cause: error },
      );
    }
  }

  async encodePrompt(
    text: string,
    options: WorkOptions,
  ): Promise<PromptEncoding> {
    const known = this.#prompts.recall(text);
    if (known) {
      options.signal?.throwIfAborted();
      options.onTiming?.({ queueMs: 0, runMs: 0 });
      return known;
    }
    const model = this.manifest.id;
    return await this.#prompts.encode(text, async (ids) => {
      const job = encodeJob(model, this.#runOn);
      const [tokens, tempo] = await this.#device.networks.run(
        job,
        ids,
        options,
      );
      return { tokens: tokens!, bpm: tempo ? bpmOf(tempo[0]!) : null };
    });
  }

  async denoise(
    input: DenoiserInput,
    options: WorkOptions,
  ): Promise<Float32Array> {
    const { latent, prompt, controls, denoiser } = this.manifest;
    const { batch, frames } = input;
    const { min, max, multiple } = denoiser.frames;
    if (frames < min || frames > max || frames % multiple !== 0) {
      throw new RangeError(
        `Cannot denoise ${frames} frames: must be a multiple of ${multiple} from ${min} to ${max}`,
      );
    }
    const rows = batch * frames;
    requireLength("x", input.x, rows * latent.channels);
    requireLength("cNoise", input.cNoise, batch);
    requireLength("prompt", input.prompt, batch * prompt.tokens * prompt.dims);
    requireLength("controls", input.controls, rows * controls.channels);
    requireLength("context", input.context, rows * (latent.channels + 1));
    const blocks = blocksOf(denoiser.budgets, input.blocks);
    const call = { ...input, blocks };
    const rowsAtMost = Math.max(batch, this.sharedRows);
    const job = denoiseJob(this.manifest, call, rowsAtMost, this.#runOn);
    return await this.#device.networks.run(job, call, options);
  }

  async decode(
    input: DecoderInput,
    options: WorkOptions,
  ): Promise<DecoderOutput> {
    const { id: model, latent, decoder } = this.manifest;
    const { latents, contextFrames, newFrames, index, state } = input;
    const context = Math.min(index, decoder.context_frames);
    if (newFrames < 1 || contextFrames !== context) {
      throw new RangeError(
        `Cannot decode ${newFrames} frames at ${index} with ${contextFrames} before them: must be at least 1 with ${context}`,
      );
    }
    const frames = contextFrames + newFrames;
    requireLength("latents", latents, frames * latent.channels);
    const { synthesis } = this.#device;
    const shared = [this.#spare, this.#runOn] as const;
    const graph = decodeJob(model, input, ...shared);
    const after = synthesiseJob(
      model,
      newFrames,
      this.#spare,
      this.#runOn,
    );
    const spent = { queueMs: 0, runMs: 0, synthesisMs: 0 };
    const inNetwork: WorkOptions = {
      ...options,
      onTiming({ queueMs, runMs }) {
        spent.queueMs += queueMs;
        spent.runMs += runMs;
      },
    };
    const inSynthesis: WorkOptions = {
      ...options,
      onTiming(timing) {
        inNetwork.onTiming!(timing);
        spent.synthesisMs += timing.runMs;
      },
    };
    for (let losses = 0;; losses++) {
      try {
        const place = decoderPlace(this.#device);
        const features = await place.run(graph, latents, inNetwork);
        const window = {
          ...{ contextFrames, newFrames, index, features },
          state: await state,
        };
        const [left, right, next] = await synthesis.run(
          after,
          window,
          inSynthesis,
        );
        options.onTiming?.(spent);
        return { left: left!, right: right!, state: next! };
      } catch (error) {
        const again = error instanceof WorkerLostError && losses < MOST_LOSSES;
        if (!again) throw error;
      }
    }
  }

  /** @see {@linkcode Model.demand} */
  demand(steps: number): Demand {
    return demandOf(this.manifest, steps, this.#device);
  }

  get pressure(): Pressure {
    return this.#device.load.pressure;
  }

  async #encodeAudio(
    { left, right }: EncoderInput,
    options: WorkOptions,
  ): Promise<Float32Array> {
    const { id: model, latent } = this.manifest;
    requireLength("right", right, left.length);
    if (left.length < latent.hop_samples) {
      throw new RangeError(
        `Cannot encode ${left.length} samples: must be at least ${latent.hop_samples}`,
      );
    }
    const arrays = [left, right];
    const job = analyseJob(model, left.length, this.#runOn);
    return await this.#device.networks.run(job, arrays, options);
  }
}

/** @throws {RangeError} If the graph does not take so many blocks. */
function blocksOf(
  budgets: Manifest["denoiser"]["budgets"],
  blocks: number | undefined,
): number | null {
  if (blocks === undefined) return budgets?.max ?? null;
  if (!budgets) {
    throw new RangeError(
      `Cannot run ${blocks} blocks: the package has no layer budgets`,
    );
  }
  const { min, max } = budgets;
  if (Number.isInteger(blocks) && blocks >= min && blocks <= max) return blocks;
  throw new RangeError(
    `Cannot run ${blocks} blocks: must be an integer from ${min} to ${max}`,
  );
}

/** What a graph says of the tempo: NaN, if the prompt implies none, is null. */
function bpmOf(log2Bpm: number): number | null {
  if (Number.isNaN(log2Bpm)) return null;
  return Math.min(MAX_BPM, Math.max(MIN_BPM, 2 ** log2Bpm));
}

function requireLength(
  name: string,
  array: Float32Array,
  length: number,
): void {
  if (array.length !== length) {
    throw new RangeError(
      `Cannot run on ${name} of ${array.length} values: must be ${length}`,
    );
  }
}
