/**
 * The decoder graph of one model in a worker: latents in, features out.
 *
 * @module
 */
import { featureShapes } from "./features.ts";
import { bindOutputs, openGraph } from "./graph.ts";
import type { Manifest } from "./manifest.ts";
import type { DecodeRequest, WorkerModel } from "./messages.ts";
import type { Ort, Session, SessionOptions } from "./ort.ts";
import { roomFor, unpack } from "./packed.ts";
import { channelsFirst } from "./velocity_networks.ts";

type Samples = Float32Array<ArrayBuffer>;
type Tensor = import("onnxruntime-node").Tensor;

/** A session of the graph; `release` frees its native memory. */
export class DecoderGraph {
  readonly #ort: Ort;
  readonly #manifest: Manifest;
  readonly #session: Session;

  private constructor(ort: Ort, manifest: Manifest, session: Session) {
    this.#ort = ort;
    this.#manifest = manifest;
    this.#session = session;
  }

  /**
   * Loads the graph.
   *
   * @throws {Error} Naming the file.
   */
  static async open(
    ort: Ort,
    model: WorkerModel,
    options: SessionOptions,
  ): Promise<DecoderGraph> {
    const session = await openGraph(ort, model, "decoder", options);
    return new DecoderGraph(ort, model.manifest, session);
  }

  /** Features, in the order of `featureShapes`. */
  async decode(request: DecodeRequest): Promise<ArrayBuffer> {
    const [latents] = unpack(request.inputs);
    const shapes = featureShapes(this.#manifest, request);
    const lengths = shapes.map(({ length }) => length);
    const buffer = roomFor(lengths, request.features);
    const arrays = unpack({ buffer, lengths });
    const outputs = shapes.map(({ name, shape }, i) => ({
      ...{ name, shape, array: arrays[i]! },
    }));
    await this.#session.run(
      this.#feeds(latents!, request),
      bindOutputs(this.#ort, this.#session, outputs),
    );
    return buffer;
  }

  /** Frees native memory; nothing can be run afterwards. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #feeds(
    latents: Samples,
    { contextFrames, newFrames }: DecodeRequest,
  ): Record<string, Tensor> {
    const { decoder, latent: { channels } } = this.#manifest;
    const tensor = (array: Samples, shape: number[]) =>
      new this.#ort.Tensor("float32", array, shape);
    const rows = (array: Samples, frames: number) =>
      tensor(array, [1, frames, channels]);
    if (decoder.kind === "resampled") {
      const { array, shape } = channelsFirst(
        latents,
        channels,
        decoder.min_frames,
      );
      return { [decoder.graph.inputs.latents]: tensor(array, shape) };
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
}
