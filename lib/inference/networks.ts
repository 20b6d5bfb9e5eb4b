/**
 * The graphs of one model in the worker: arrays in, arrays out.
 *
 * @module
 */
import type {
  AnalyseRequest,
  DecodeRequest,
  DenoiseRequest,
  EncodeRequest,
  WorkerModel,
} from "./messages.ts";
import { type Analysis, createAnalysis } from "./analysis.ts";
import type { Manifest } from "./manifest.ts";
import {
  createSession,
  type Ort,
  type Session,
  type SessionOptions,
} from "./ort.ts";
import { featureShapes } from "./features.ts";
import { roomFor, unpack } from "./packed.ts";
import {
  channelsFirst,
  denoiseByVelocity,
  encodePadded,
} from "./velocity_networks.ts";

type Arrays = Float32Array<ArrayBuffer>[];
type EdmDenoiser = Extract<Manifest["denoiser"], { prediction: "edm" }>;
type Tensor = import("onnxruntime-node").Tensor;

/** Memory for an output of a graph. */
interface GraphOutput {
  /** Name in the graph. */
  name: string;
  array: Float32Array<ArrayBuffer>;
  /** Row-major; leading axes of length 1 are left out. */
  shape: number[];
}

/** What `Networks.open` has opened. */
interface Opened {
  ort: Ort;
  manifest: Manifest;
  prompt: Session;
  denoiser: Session;
  decoder: Session;
  /** Null if the package has no encoder. */
  encoder: { session: Session; analysis: Analysis } | null;
}

/** Sessions of a model; `release` frees their native memory. */
export class Networks {
  #opened: Opened;

  private constructor(opened: Opened) {
    this.#opened = opened;
  }

  /**
   * Loads the graphs of a model.
   *
   * @throws {Error} Naming the file that fails.
   */
  static async open(
    ort: Ort,
    { manifest, graphs }: WorkerModel,
    options: SessionOptions,
  ): Promise<Networks> {
    const sessions: Session[] = [];
    async function load(role: keyof typeof graphs): Promise<Session> {
      const path = graphs[role]!;
      const session = await createSession(ort, path, options);
      sessions.push(session);
      const { inputs, outputs } = manifest[role]!.graph;
      const more = role === "denoiser" ? manifest.denoiser.budgets?.input : [];
      const wanted = Object.values(inputs as Record<string, string | undefined>)
        .concat(more);
      requireNames(session, wanted, Object.values(outputs), path);
      return session;
    }
    try {
      return new Networks({
        ort,
        manifest,
        prompt: await load("prompt"),
        denoiser: await load("denoiser"),
        decoder: await load("decoder"),
        encoder: manifest.encoder
          ? {
            session: await load("encoder"),
            analysis: await createAnalysis(manifest),
          }
          : null,
      });
    } catch (error) {
      for (const session of sessions) await session.release();
      throw error;
    }
  }

  get manifest(): Manifest {
    return this.#opened.manifest;
  }

  /** Prompt tokens, then log2 of the tempo if the package predicts one. */
  async encode({ ids }: EncodeRequest): Promise<Arrays> {
    const { ort, prompt, manifest } = this.#opened;
    const { Tensor } = ort;
    if (manifest.prompt.pad_to !== undefined) {
      return [await encodePadded(ort, prompt, manifest, ids)];
    }
    const { graph: { inputs, outputs }, tokens, dims } = manifest.prompt;
    const shape = [1, ids.length];
    const mask = new BigInt64Array(ids.length).fill(1n);
    const results: GraphOutput[] = [{
      name: outputs.tokens,
      array: new Float32Array(tokens * dims),
      shape: [tokens, dims],
    }];
    if (outputs.tempo) {
      const array = new Float32Array(1);
      results.push({ name: outputs.tempo, array, shape: [1] });
    }
    await prompt.run({
      [inputs.ids]: new Tensor("int64", BigInt64Array.from(ids, BigInt), shape),
      [inputs.mask]: new Tensor("int64", mask, shape),
    }, this.#bind(prompt, results));
    return results.map(({ array }) => array);
  }

  /** F. */
  async denoise(request: DenoiseRequest): Promise<Arrays> {
    const { ort, denoiser, manifest } = this.#opened;
    return manifest.denoiser.prediction === "velocity"
      ? await denoiseByVelocity(ort, denoiser, manifest, request)
      : await this.#denoiseByEdm(manifest.denoiser, request);
  }

  async #denoiseByEdm(
    { graph, budgets }: EdmDenoiser,
    { batch, frames, blocks, inputs }: DenoiseRequest,
  ): Promise<Arrays> {
    const { ort: { Tensor }, denoiser, manifest } = this.#opened;
    const { latent, prompt, controls } = manifest;
    const [x, cNoise, tokens, rows, context] = unpack(inputs);
    const shape = [batch, frames, latent.channels];
    const f = new Float32Array(batch * frames * latent.channels);
    const names = graph.inputs;
    await denoiser.run({
      ...(budgets && {
        [budgets.input]: new Tensor(
          "int64",
          BigInt64Array.of(BigInt(blocks ?? budgets.max)),
          [],
        ),
      }),
      [names.x]: this.#tensor(x!, shape),
      [names.c_noise]: this.#tensor(cNoise!, [batch]),
      [names.prompt]: this.#tensor(tokens!, [
        batch,
        prompt.tokens,
        prompt.dims,
      ]),
      [names.controls]: this.#tensor(rows!, [batch, frames, controls.channels]),
      [names.context]: this.#tensor(context!, [
        batch,
        frames,
        latent.channels + 1,
      ]),
    }, { [graph.outputs.f]: this.#tensor(f, shape) });
    return [f];
  }

  /** Features, in the order of `featureShapes`. */
  async decode(request: DecodeRequest): Promise<ArrayBuffer> {
    const { contextFrames, newFrames, inputs } = request;
    const { decoder, manifest } = this.#opened;
    const [latents] = unpack(inputs);
    const shapes = featureShapes(manifest, request);
    const lengths = shapes.map(({ length }) => length);
    const buffer = roomFor(lengths, request.features);
    const arrays = unpack({ buffer, lengths });
    const outputs = shapes.map(({ name, shape }, i) => ({
      ...{ name, shape, array: arrays[i]! },
    }));
    const feeds = this.#decoderFeeds(latents!, contextFrames, newFrames);
    await decoder.run(feeds, this.#bind(decoder, outputs));
    return buffer;
  }

  #decoderFeeds(
    latents: Float32Array<ArrayBuffer>,
    contextFrames: number,
    newFrames: number,
  ): Record<string, Tensor> {
    const { decoder, latent: { channels } } = this.#opened.manifest;
    const rows = (array: typeof latents, frames: number) =>
      this.#tensor(array, [1, frames, channels]);
    if (decoder.kind === "resampled") {
      const { array, shape } = channelsFirst(
        latents,
        channels,
        decoder.min_frames,
      );
      return { [decoder.graph.inputs.latents]: this.#tensor(array, shape) };
    }
    if (decoder.kind === "spectrum" && decoder.graph.inputs.context) {
      const { inputs } = decoder.graph;
      const context = contextFrames * channels;
      return {
        [inputs.latents]: rows(latents.subarray(context), newFrames),
        [inputs.context!]: rows(latents.subarray(0, context), contextFrames),
      };
    }
    const { inputs } = decoder.graph;
    return { [inputs.latents]: rows(latents, contextFrames + newFrames) };
  }

  /** Latents. */
  async analyse({ inputs }: AnalyseRequest): Promise<Arrays> {
    const { encoder, manifest } = this.#opened;
    if (encoder === null || !manifest.encoder) {
      throw new Error(`Model "${manifest.id}" has no encoder`);
    }
    const { graph } = manifest.encoder;
    const { channels, hop_samples } = manifest.latent;
    const [left, right] = unpack(inputs);
    const frames = Math.floor(left!.length / hop_samples);
    const features = encoder.analysis.features(left!, right!);
    const shape = [1, frames, features.length / frames];
    const latents = new Float32Array(frames * channels);
    await encoder.session.run(
      { [graph.inputs.features]: this.#tensor(features, shape) },
      {
        [graph.outputs.latents]: this.#tensor(latents, [1, frames, channels]),
      },
    );
    return [latents];
  }

  /** Frees native memory; nothing can be run afterwards. */
  async release(): Promise<void> {
    const { prompt, denoiser, decoder, encoder } = this.#opened;
    for (const session of [prompt, denoiser, decoder, encoder?.session]) {
      await session?.release();
    }
  }

  #tensor(array: Float32Array<ArrayBuffer>, shape: number[]): Tensor {
    return new this.#opened.ort.Tensor("float32", array, shape);
  }

  /** Tensors over our own memory for the graph to write to. */
  #bind(
    session: Session,
    outputs: readonly GraphOutput[],
  ): Record<string, Tensor> {
    return Object.fromEntries(outputs.map(({ name, array, shape }) => {
      const at = session.outputNames.indexOf(name);
      const declared = session.outputMetadata[at];
      const rank = declared?.isTensor ? declared.shape.length : shape.length;
      const ones = new Array<number>(Math.max(0, rank - shape.length)).fill(1);
      return [name, this.#tensor(array, [...ones, ...shape])];
    }));
  }
}

/** A manifest that names what a graph does not have is found out at once. */
function requireNames(
  session: Session,
  inputs: readonly (string | undefined)[],
  outputs: readonly (string | undefined)[],
  path: string,
): void {
  const pairs = [
    ["input", inputs, session.inputNames],
    ["output", outputs, session.outputNames],
  ] as const;
  for (const [kind, wanted, present] of pairs) {
    const missing = wanted.find((name) => name && !present.includes(name));
    if (missing !== undefined) {
      throw new Error(
        `${path} has no ${kind} "${missing}", it has ${present.join(", ")}`,
      );
    }
  }
}
