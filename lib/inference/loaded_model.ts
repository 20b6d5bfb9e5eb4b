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
  Model,
  PromptEncoding,
  WorkOptions,
} from "./engine.ts";
import type { Manifest } from "./manifest.ts";
import type { ModelPackage } from "./package.ts";
import { PackageError } from "./package_error.ts";
import type { Scheduler } from "./scheduler.ts";
import type { WorkerClient } from "./worker_client.ts";

/** Tempi that clients may ask for, in beats a minute; predictions stay inside. */
const MIN_BPM = 40;
const MAX_BPM = 240;

/** Implements {@linkcode Model} on a worker. */
export class LoadedModel implements Model {
  readonly manifest: Manifest;
  readonly sha256: string;
  #prompts: PromptEncoder;
  #scheduler: Scheduler;
  #worker: WorkerClient;

  /** @throws {PackageError} If the tokenizer file is none. */
  constructor(
    source: ModelPackage,
    device: { scheduler: Scheduler; worker: WorkerClient },
  ) {
    this.manifest = source.manifest;
    this.sha256 = source.sha256;
    this.#scheduler = device.scheduler;
    this.#worker = device.worker;
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
      const [tokens, tempo] = await this.#scheduler.run(
        () => this.#worker.run({ type: "encode", model, ids }),
        options,
      );
      return { tokens: tokens!, bpm: tempo ? bpmOf(tempo[0]!) : null };
    });
  }

  async denoise(
    input: DenoiserInput,
    options: WorkOptions,
  ): Promise<Float32Array> {
    const { id: model, latent, prompt, controls, denoiser } = this.manifest;
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
    const { x, cNoise, context } = input;
    const arrays = [x, cNoise, input.prompt, input.controls, context];
    const [f] = await this.#scheduler.run(
      () => this.#worker.run({ type: "denoise", model, batch, frames, arrays }),
      options,
    );
    return f!;
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
    const arrays = [latents, state ?? new Float32Array()];
    const [left, right, next] = await this.#scheduler.run(
      () =>
        this.#worker.run({
          type: "decode",
          model,
          contextFrames,
          newFrames,
          index,
          arrays,
        }),
      options,
    );
    return { left: left!, right: right!, state: next! };
  }
}

function bpmOf(log2Bpm: number): number {
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
