/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The synthesis worker: what a decoder graph wrote becomes PCM here, while the
 * inference worker goes on with the next run.
 *
 * @module
 */
import { featureShapes } from "./features.ts";
import type { OpenRequest, SynthesiseRequest } from "./messages.ts";
import type { Manifest } from "./manifest.ts";
import { unpack } from "./packed.ts";
import { createSynthesis, requireFinite, type Synthesis } from "./synthesis.ts";
import { serveWork } from "./worker_loop.ts";

const models = new Map<string, { manifest: Manifest; synthesis: Synthesis }>();

serveWork<SynthesiseRequest>({
  async open({ models: wanted }: OpenRequest) {
    for (const { manifest } of wanted) {
      const synthesis = await createSynthesis(manifest);
      models.set(manifest.id, { manifest, synthesis });
    }
    return "cpu";
  },

  run(request) {
    const model = models.get(request.model);
    if (!model) throw new Error(`Model "${request.model}" is not loaded`);
    const { contextFrames, newFrames, index, features, inputs } = request;
    const shapes = featureShapes(model.manifest, request);
    const lengths = shapes.map(({ length }) => length);
    const arrays = unpack({ buffer: features, lengths });
    const [state] = unpack(inputs);
    const outputs = model.synthesis(
      { contextFrames, newFrames, index },
      arrays,
      state!,
    );
    const [left, right] = outputs;
    requireFinite(left, index);
    requireFinite(right, index);
    return Promise.resolve({ outputs, features });
  },

  async close() {},
});
