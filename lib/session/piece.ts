/**
 * From a request to what is to be played.
 *
 * @module
 */
import type { Demand } from "../inference/demand.ts";
import type { Model } from "../inference/engine.ts";
import {
  CONTROL_NAMES,
  type Controls,
  type GenerateRequest,
  type StartMessage,
} from "../protocol/mod.ts";
import type { ContextAudio, StreamOptions } from "../stream/music_stream.ts";
import type { Contexts } from "./contexts.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

/** What a piece will ask of the device while it plays at real time. */
export function demandOf({ model, steps }: StreamOptions): Demand | undefined {
  return model.demand?.(steps ?? model.manifest.sampler.steps);
}

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
 * @throws {Refusal} `unknown_model`, `unknown_context`, or `unsupported` if the
 * model cannot do it.
 */
export function resolvePiece(
  request: StartMessage | GenerateRequest,
  { models, contexts }: Pick<Service, "models" | "contexts">,
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
    context: request.context === undefined
      ? null
      : findContext(request.context, request, { model, contexts }),
  };
}

function findContext(
  id: string,
  { loop }: { loop: boolean },
  { model, contexts }: { model: Model; contexts: Pick<Contexts, "get"> },
): ContextAudio {
  const context = contexts.get(id);
  const param = "context";
  if (loop) {
    const message =
      "context is given beside loop, accepted: one of them: a loop begins with what it ends with";
    throw new Refusal("unsupported", message, { param });
  }
  if (model.manifest.encoder) return context;
  throw new Refusal(
    "unsupported",
    `context is given, but model "${model.manifest.id}" has no encoder: it cannot go on from audio`,
    { param },
  );
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
    id === undefined
      ? "There is no model that may be used here"
      : `model is ${JSON.stringify(id)}, accepted: ${known || "none"}`,
    { param: "model" },
  );
}
