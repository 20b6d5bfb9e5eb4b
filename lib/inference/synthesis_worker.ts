/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The synthesis worker: what a decoder graph wrote becomes PCM here, while the
 * inference worker goes on with the next run. On the CPU it has the decoder
 * graphs too, for where the inference worker is busy.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { DecoderGraph } from "./decoder_graph.ts";
import { featureShapes } from "./features.ts";
import type {
  OpenRequest,
  SynthesiseRequest,
  SynthesisRequest,
  WorkResult,
} from "./messages.ts";
import type { Manifest } from "./manifest.ts";
import { unpack } from "./packed.ts";
import { createSynthesis, requireFinite, type Synthesis } from "./synthesis.ts";
import { serveWork } from "./worker_loop.ts";

ort.env.logLevel = "fatal";

interface SynthesisModel {
  manifest: Manifest;
  synthesis: Synthesis;
  /** Null where a GPU has it. */
  decoder: DecoderGraph | null;
}

const models = new Map<string, SynthesisModel>();

serveWork<SynthesisRequest>({
  async open({ models: wanted, provider, threads }: OpenRequest) {
    for (const model of wanted) {
      const { manifest } = model;
      const synthesis = await createSynthesis(manifest);
      const decoder = provider === "cpu"
        ? await DecoderGraph.open(ort, model, { provider, threads })
        : null;
      models.set(manifest.id, { manifest, synthesis, decoder });
    }
    return "cpu";
  },

  async run(request): Promise<WorkResult> {
    const model = models.get(request.model);
    if (!model) throw new Error(`Model "${request.model}" is not loaded`);
    if (request.type === "synthesise") return synthesise(model, request);
    return { outputs: [], features: await model.decoder!.decode(request) };
  },

  /** Native memory outlives the worker unless it is released first. */
  async close() {
    for (const { decoder } of models.values()) await decoder?.release();
  },
});

function synthesise(
  { manifest, synthesis }: SynthesisModel,
  request: SynthesiseRequest,
): WorkResult {
  const { contextFrames, newFrames, index, features, inputs } = request;
  const shapes = featureShapes(manifest, request);
  const lengths = shapes.map(({ length }) => length);
  const arrays = unpack({ buffer: features, lengths });
  const [state] = unpack(inputs);
  const window = { contextFrames, newFrames, index };
  const outputs = synthesis(window, arrays, state!);
  const [left, right] = outputs;
  requireFinite(left, index);
  requireFinite(right, index);
  return { outputs, features };
}
