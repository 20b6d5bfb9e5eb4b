/**
 * From a request to what is to be played.
 *
 * @module
 */
import type { Model } from "../inference/engine.ts";
import {
  CONTROL_NAMES,
  type Controls,
  type GenerateRequest,
  type StartMessage,
} from "../protocol/mod.ts";
import type { StreamOptions } from "../stream/music_stream.ts";
import { Refusal } from "./refusal.ts";

/** The controls among the fields of a message. */
export function controlsOf(fields: Controls): Controls {
  return Object.fromEntries(
    CONTROL_NAMES
      .filter((name) => fields[name] !== undefined)
      .map((name) => [name, fields[name]]),
  );
}

/**
 * Finds the model and fills in what the client left open.
 *
 * @throws {Refusal} `unknown_model`, or `unsupported` if the model cannot do it.
 */
export function resolvePiece(
  request: StartMessage | GenerateRequest,
  models: ReadonlyMap<string, Model>,
): StreamOptions {
  const model = findModel(request.model, models);
  const { max_steps } = model.manifest.sampler;
  if (request.steps !== undefined && request.steps > max_steps) {
    throw new Refusal(
      "unsupported",
      `steps is ${request.steps}, accepted by model "${model.manifest.id}": 1 to ${max_steps}`,
      { param: "steps" },
    );
  }
  return {
    model,
    controls: controlsOf(request),
    seed: request.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    duration: request.duration ?? null,
    loop: request.loop,
    steps: request.steps ?? null,
  };
}

function findModel(
  id: string | undefined,
  models: ReadonlyMap<string, Model>,
): Model {
  const [first] = models.values();
  const model = id === undefined ? first : models.get(id);
  if (model !== undefined) return model;
  const known = [...models.keys()].join(", ");
  throw new Refusal(
    "unknown_model",
    `model is ${JSON.stringify(id)}, accepted: ${known}`,
    { param: "model" },
  );
}
