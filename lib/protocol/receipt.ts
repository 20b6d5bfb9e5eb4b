/**
 * What it takes to make the same piece again.
 *
 * @module
 */
import * as v from "valibot";
import { CONTROL_FIELDS } from "./controls.ts";
import { integer, number, strict, words } from "./fields.ts";

/** A prompt with its resolved share of the mix. */
export const ResolvedPrompt = v.object({
  text: words("The prompt, trimmed."),
  weight: number({
    min: 0,
    max: 1,
    description: "Share of the mix; all shares sum to 1.",
  }),
});
export type ResolvedPrompt = v.InferOutput<typeof ResolvedPrompt>;

const { prompts: _, ...otherControls } = CONTROL_FIELDS;

const position = integer({ min: 0, description: "Position, 48 kHz." });

/** A change that was made while a stream played. */
const ReceiptUpdate = v.object({
  at_sample: integer({ min: 0, description: "First sample of the change." }),
  ramp_samples: integer({ min: 0, description: "How long it takes." }),
  reset: v.optional(
    v.pipe(v.literal(true), v.description("The context was forgotten.")),
  ),
  prompts: v.optional(v.pipe(
    v.array(ResolvedPrompt),
    v.description("The prompts from then on, if they were changed."),
  )),
  controls: v.optional(v.pipe(
    strict(otherControls),
    v.description("The other controls that were changed."),
  )),
});

/** The same receipt on the same provider yields the same PCM, bit for bit. */
export const Receipt = v.pipe(
  v.object({
    model: words("The model's id."),
    model_sha256: words("Digest of the model package, hex."),
    provider: words("The execution provider."),
    precision: words("Number format of the networks, e.g. `fp32`."),
    seed: integer({ min: 0, max: 0xffffffff, description: "The seed (u32)." }),
    steps: integer({ min: 1, description: "Sampling steps." }),
    prompts: v.pipe(
      v.array(ResolvedPrompt),
      v.description("The prompts at the start."),
    ),
    controls: v.pipe(
      strict(otherControls),
      v.description("The other controls at the start."),
    ),
    context: v.optional(v.pipe(
      strict({
        sha256: words(
          "Digest of the left, then the right samples that were kept of the clip, float32 little-endian at 48 kHz, hex.",
        ),
        bpm: v.nullable(number({
          above: 0,
          description: "The clip's tempo; null if none was found.",
        })),
      }),
      v.description("The clip that it goes on from. An extension."),
    )),
    loop: v.optional(
      v.pipe(v.literal(true), v.description("The end runs into the start.")),
    ),
    updates: v.optional(v.pipe(
      v.nullable(v.array(ReceiptUpdate)),
      v.description(
        "What was changed while it played, in order; null if that was too much " +
          "to keep. An extension of prestissimo.v1.",
      ),
    )),
    degraded: v.optional(v.pipe(
      v.array(v.strictTuple([position, position])),
      v.description(
        "Ranges of samples [from, to) that were made in fewer steps or layers " +
          "because the server was busy: these come out otherwise when it is " +
          "not. An extension of prestissimo.v1.",
      ),
    )),
    samples: integer({ min: 0, description: "Exact length, 48 kHz." }),
    pcm_sha256: words(
      "Digest of the interleaved s16le samples before encoding, hex.",
    ),
  }),
  v.description(
    "What was played: the same receipt on the same provider yields the same " +
      "PCM, bit for bit.",
  ),
);
export type Receipt = v.InferOutput<typeof Receipt>;
