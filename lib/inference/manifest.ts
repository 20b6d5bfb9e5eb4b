/**
 * `model.json`: all that the server has to know about a model package. A new
 * model is files, not code.
 *
 * @module
 */
import * as v from "valibot";
import { CONTROL_NAMES } from "../protocol/controls.ts";
import {
  choice,
  flag,
  integer,
  number,
  strict,
  words,
} from "../protocol/fields.ts";
import { checkValue, parseObject } from "../protocol/parse.ts";
import {
  brightness,
  count,
  decoder,
  denoiser,
  encoder,
  FILE,
  graph,
  guidance,
  list,
  loudness,
  muting,
  name,
  schedule,
  spans,
} from "./manifest_parts.ts";
import { contradiction } from "./manifest_rules.ts";
import { PackageError } from "./package_error.ts";

/** Content of `model.json`. */
export const Manifest = strict({
  format: v.literal(1, "1"),
  id: v.pipe(
    v.string("text"),
    v.regex(/^[A-Za-z0-9_.-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 _ . -"),
    v.description("What clients call the model."),
  ),
  version: words("Version of the package."),
  title: words("Name for people."),
  licence: words("Licence of the weights."),
  test: v.optional(flag("For tests: loaded only if its folder is named.")),
  sample_rate: v.literal(48_000, "48000"),
  channels: v.literal(2, "2"),
  latent: strict({
    channels: count("Channels of a latent frame."),
    hop_samples: count("Samples of a latent frame."),
    sigma_data: number({ above: 0, description: "Spread of the latents." }),
  }),
  prompt: strict({
    tokenizer: strict({
      ...FILE,
      max_tokens: count("Longest text, special tokens included."),
    }),
    graph: graph(
      { ids: name, mask: name },
      { tokens: name, tempo: v.optional(name) },
    ),
    pad_to: v.optional(count(
      "The graph takes exactly so many tokens: the rest are 0, and masked. Then `dims` is one more than the graph's: the mask.",
    )),
    tokens: count("Prompt tokens of an encoded text."),
    dims: count("Length of a prompt token."),
  }),
  denoiser,
  sampler: strict({
    kind: choice(
      ["heun", "dpmpp_2s", "dpmpp_2m", "pingpong", "euler"],
      "Sampler.",
    ),
    schedule,
    steps: count("Steps unless said."),
    min_steps: v.optional(
      count(
        "Fewest steps that a busy server may fall to; `steps` unless said.",
      ),
    ),
    max_steps: count("Steps at most."),
    guidance: v.optional(v.nullable(guidance), null),
    muting: v.optional(muting),
  }),
  decoder,
  encoder: v.optional(encoder),
  loudness: v.optional(loudness),
  brightness: v.optional(brightness),
  blocks: strict({
    lengths: list(
      count("Latent frames."),
      "Lengths of the blocks since the start or a change; the last repeats.",
    ),
    context: integer({ min: 0, description: "Latent frames of history." }),
  }),
  controls: strict({
    channels: count("Control channels of a latent frame."),
    layout: list(
      v.strictTuple([
        words("Name of the group."),
        count("Channels of the group."),
      ], "a list [name, width]"),
      "Groups of channels in order.",
    ),
    understood: v.array(
      choice<string[]>(CONTROL_NAMES, "Control that the model heeds."),
      "a list",
    ),
    spans: v.optional(spans),
  }),
});
export type Manifest = v.InferOutput<typeof Manifest>;

/** A graph of a manifest. */
export type Graph = {
  file: string;
  sha256: string;
  inputs: Record<string, string>;
  outputs: Record<string, string | undefined>;
};

/**
 * Reads a manifest.
 *
 * @param text Content of the file.
 * @param path Where it is from, for errors.
 * @throws {PackageError} Naming `path`, the field, its value and what is accepted.
 */
export function parseManifest(text: string, path: string): Manifest {
  const json = parseObject(text);
  const checked = json.ok ? checkValue(Manifest, json.value) : json;
  const fault = checked.ok
    ? contradiction(checked.value)
    : checked.error.message;
  if (!checked.ok || fault !== null) {
    throw new PackageError(`Cannot use ${path}: ${fault}`);
  }
  return checked.value;
}
