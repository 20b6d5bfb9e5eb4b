/**
 * What a client is told about the models.
 *
 * @module
 */
import * as v from "valibot";
import { choice, integer, number, words } from "./fields.ts";

/** Where networks run. */
export const ProviderName = choice(
  ["cpu", "webgpu", "cuda"],
  "The execution provider that the networks run on.",
);

/** One model package. */
export const ModelInfo = v.pipe(
  v.object({
    id: words("What `start.model` may name."),
    version: words("Version of the package."),
    title: words("Name for people."),
    licence: words("Licence of the weights."),
    sha256: words("Digest of the package, hex; receipts repeat it."),
    sample_rate: integer({
      min: 1,
      description: "Samples a second and channel.",
    }),
    latent_rate: number({ above: 0, description: "Latent frames a second." }),
    block_frames: v.pipe(
      v.array(integer({ min: 1, description: "Latent frames." })),
      v.description(
        "Lengths of the blocks that music is made in, in latent frames, counted " +
          "from the start or the last update; the last one repeats.",
      ),
    ),
    controls: v.pipe(
      v.array(words("Name of a control.")),
      v.description(
        "The controls that the model understands; others are answered with a " +
          "warning `control_ignored`.",
      ),
    ),
    steps: v.object({
      default: integer({ min: 1, description: "Sampling steps unless said." }),
      max: integer({ min: 1, description: "Sampling steps at most." }),
    }),
    providers: v.pipe(
      v.array(ProviderName),
      v.description("Execution providers that it is loaded on."),
    ),
  }),
  v.description("A model package."),
);
export type ModelInfo = v.InferOutput<typeof ModelInfo>;

/** Body of `GET /v1/models`. */
export const ModelList = v.pipe(
  v.object({
    models: v.pipe(
      v.array(ModelInfo),
      v.description("The models; the first one is the default."),
    ),
  }),
  v.description("All models of the server."),
);
export type ModelList = v.InferOutput<typeof ModelList>;
