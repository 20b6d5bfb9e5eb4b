/**
 * A model that tells telemetry how long each unit of its work waited and ran.
 *
 * @module
 */
import type {
  BlockInput,
  EncoderInput,
  Model,
  WorkOptions,
} from "../inference/engine.ts";
import type { Telemetry, Timing } from "../telemetry.ts";

/** Wraps a model; results and order of work are untouched. */
export function meteredModel(model: Model, telemetry: Telemetry): Model {
  function metered(timing: Timing, options: WorkOptions): WorkOptions {
    return {
      ...options,
      onTiming(spent) {
        telemetry.time("queue", spent.queueMs);
        telemetry.time(timing, spent.runMs);
        options.onTiming?.(spent);
      },
    };
  }
  return {
    manifest: model.manifest,
    sha256: model.sha256,
    encodePrompt: (text, options) =>
      model.encodePrompt(text, metered("prompt", options)),
    denoise: (input, options) => model.denoise(input, metered("step", options)),
    decode: (input, options) => model.decode(input, metered("decode", options)),
    ...(model.makeBlock && {
      makeBlock: (input: BlockInput, options: WorkOptions) =>
        model.makeBlock!(input, metered("block", options)),
    }),
    demand: (steps) => model.demand?.(steps) ?? { networks: 0, synthesis: 0 },
    get pressure() {
      return model.pressure ?? 0;
    },
    ...(model.encodeAudio && {
      encodeAudio: (input: EncoderInput, options: WorkOptions) =>
        model.encodeAudio!(input, metered("analyse", options)),
    }),
  };
}
