/**
 * The graphs of one model in the worker: arrays in, arrays out.
 *
 * @module
 */
import type {
  DecodeRequest,
  DenoiseRequest,
  EncodeRequest,
  WorkerModel,
} from "./messages.ts";
import type { Graph, Manifest } from "./manifest.ts";
import {
  createSession,
  type Ort,
  type Session,
  type SessionOptions,
} from "./ort.ts";
import { unpack } from "./packed.ts";
import {
  createSynthesis,
  type GraphOutput,
  type Synthesis,
} from "./synthesis.ts";

type Arrays = Float32Array<ArrayBuffer>[];
type Tensor = import("onnxruntime-node").Tensor;

/** What `Networks.open` has opened. */
interface Opened {
  ort: Ort;
  manifest: Manifest;
  prompt: Session;
  denoiser: Session;
  decoder: Session;
  synthesis: Synthesis;
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
      const session = await createSession(ort, graphs[role], options);
      sessions.push(session);
      requireNames(session, manifest[role].graph, graphs[role]);
      return session;
    }
    try {
      return new Networks({
        ort,
        manifest,
        prompt: await load("prompt"),
        denoiser: await load("denoiser"),
        decoder: await load("decoder"),
        synthesis: await createSynthesis(manifest),
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
    const { ort: { Tensor }, prompt, manifest } = this.#opened;
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
  async denoise({ batch, frames, inputs }: DenoiseRequest): Promise<Arrays> {
    const { denoiser, manifest } = this.#opened;
    const { latent, prompt, controls } = manifest;
    const { graph } = manifest.denoiser;
    const [x, cNoise, tokens, rows, context] = unpack(inputs);
    const shape = [batch, frames, latent.channels];
    const f = new Float32Array(batch * frames * latent.channels);
    const names = graph.inputs;
    await denoiser.run({
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

  /** Left, right, state. */
  async decode(request: DecodeRequest): Promise<Arrays> {
    const { contextFrames, newFrames, inputs } = request;
    const { decoder, synthesis, manifest } = this.#opened;
    const [latents, state] = unpack(inputs);
    const frames = contextFrames + newFrames;
    const shape = [1, frames, manifest.latent.channels];
    await decoder.run({
      [manifest.decoder.graph.inputs.latents]: this.#tensor(latents!, shape),
    }, this.#bind(decoder, synthesis.outputs(frames)));
    return synthesis.finish(request, state!);
  }

  /** Frees native memory; nothing can be run afterwards. */
  async release(): Promise<void> {
    const { prompt, denoiser, decoder } = this.#opened;
    for (const session of [prompt, denoiser, decoder]) await session.release();
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
function requireNames(session: Session, graph: Graph, path: string): void {
  const pairs = [
    ["input", Object.values(graph.inputs), session.inputNames],
    ["output", Object.values(graph.outputs), session.outputNames],
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
