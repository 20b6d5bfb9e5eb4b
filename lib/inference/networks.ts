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
import { DecoderGraph } from "./decoder_graph.ts";
import { bindOutputs, type GraphOutput, openGraph } from "./graph.ts";
import type { Manifest } from "./manifest.ts";
import type { Ort, Session, SessionOptions } from "./ort.ts";
import { unpack } from "./packed.ts";
import { denoiseByVelocity, encodePadded } from "./velocity_networks.ts";

type Arrays = Float32Array<ArrayBuffer>[];
type EdmDenoiser = Extract<Manifest["denoiser"], { prediction: "edm" }>;
type Tensor = import("onnxruntime-node").Tensor;

/** What `Networks.open` has opened. */
interface Opened {
  ort: Ort;
  manifest: Manifest;
  prompt: Session;
  denoiser: Session;
  decoder: DecoderGraph;
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
    model: WorkerModel,
    options: SessionOptions,
  ): Promise<Networks> {
    const { manifest } = model;
    const opened: { release(): Promise<void> }[] = [];
    async function keep<T extends { release(): Promise<void> }>(
      opening: Promise<T>,
    ): Promise<T> {
      const each = await opening;
      opened.push(each);
      return each;
    }
    const load = (role: keyof WorkerModel["graphs"]) =>
      keep(openGraph(ort, model, role, options));
    try {
      return new Networks({
        ort,
        manifest,
        prompt: await load("prompt"),
        denoiser: await load("denoiser"),
        decoder: await keep(DecoderGraph.open(ort, model, options)),
        encoder: manifest.encoder
          ? {
            session: await load("encoder"),
            analysis: await createAnalysis(manifest),
          }
          : null,
      });
    } catch (error) {
      for (const each of opened) await each.release();
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
    }, bindOutputs(ort, prompt, results));
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
    return await this.#opened.decoder.decode(request);
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
    for (const each of [prompt, denoiser, decoder, encoder?.session]) {
      await each?.release();
    }
  }

  #tensor(array: Float32Array<ArrayBuffer>, shape: number[]): Tensor {
    return new this.#opened.ort.Tensor("float32", array, shape);
  }
}
