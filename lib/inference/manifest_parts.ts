/**
 * Parts of the schema of `model.json`.
 *
 * @module
 */
import * as v from "valibot";
import {
  choice,
  integer,
  kind,
  number,
  strict,
  words,
} from "../protocol/fields.ts";

const HASH = "64 lower-case hexadecimal digits";

/** A number of things, at least one. */
export function count(description: string) {
  return integer({ min: 1, description });
}

/** A list that is not empty. */
export function list<T>(
  item: v.GenericSchema<unknown, T>,
  description: string,
) {
  return v.pipe(
    v.array(item, "a list"),
    v.minLength(1, "a list of at least one item"),
    v.description(description),
  );
}

/** Fields that name a file of the package. */
export const FILE = {
  file: words("Path inside the package folder."),
  sha256: v.pipe(
    v.string(HASH),
    v.regex(/^[0-9a-f]{64}$/, HASH),
    v.description("Digest of the file."),
  ),
};

/** Name of an input or output. */
export const name = words("Name in the graph.");

/** An ONNX file; inputs and outputs map a role to the name in the graph. */
export function graph<I extends v.ObjectEntries, O extends v.ObjectEntries>(
  inputs: I,
  outputs: O,
) {
  return strict({ ...FILE, inputs: strict(inputs), outputs: strict(outputs) });
}

/** Noise levels. */
export const schedule = v.variant("kind", [
  strict({
    kind: kind("karras"),
    sigma_min: number({ above: 0, description: "Lowest level." }),
    sigma_max: number({ above: 0, description: "Highest level." }),
    rho: number({ above: 0, description: "Exponent of the warp." }),
    grid: v.optional(choice(["n-1", "n"], "Place of the last level.")),
  }),
  strict({
    kind: kind("levels"),
    levels: v.record(
      v.string(),
      list(number({ above: 0, description: "Level." }), "Falling levels."),
    ),
  }),
], 'an object whose kind is "karras" or "levels"');

/** Classifier-free guidance. */
export const guidance = strict({
  kind: choice(["cfg", "cfg++"], "How two predictions are combined."),
  scale: number({ min: 0, max: 10, description: "Scale unless said." }),
  sigma_low: number({ min: 0, description: "Guided above this level." }),
  sigma_high: number({ above: 0, description: "Guided up to this level." }),
  unasked: v.optional(
    v.record(
      v.string(),
      choice(["kept", "all"], "As asked, or everything that may be."),
    ),
    {},
  ),
});

/** Guidance of a few-step model that has none: away from all parts playing, where some may not. */
export const muting = strict({
  scale: number({ min: 1, max: 10, description: "As of `cfg`; 1: none." }),
  sigma_low: number({ min: 0, description: "Guided above this level." }),
});

const level = number({ min: 0, max: 1, description: "Of the denoiser's." });

/**
 * What 0 and 1 of a control stand for on the denoiser's own scale, where that
 * is not 0 and 1: the least and the most of a level that there was in music; a
 * part that may not play and one that may, which need not mean that it does.
 */
export const spans = v.record(
  choice(["parts", "density", "brightness", "energy"], "Control."),
  v.strictTuple([level, level], "a list [least, most]"),
);

/** What endless music is held to, where nobody asks for an energy or takes parts away. */
export const loudness = strict({
  lufs: number({
    min: -40,
    max: -6,
    description: "Integrated loudness (ITU-R BS.1770).",
  }),
  tolerance_lu: number({
    min: 0,
    max: 20,
    description: "How far it may be off before it is turned.",
  }),
});

/** How bright music is, as read off its latents: the centroid of a few bands, on the scale of the control `brightness`. Music that goes on and on is held to its first minute's. */
export const brightness = strict({
  from_hz: number({ min: 1, description: "Centroid where the control is 0." }),
  octaves: number({ min: 0.1, description: "From there to 1." }),
  bands: list(
    strict({
      hz: number({ min: 1, description: "Its mean frequency." }),
      bias: number({ description: "Of the log of its magnitude." }),
      weights: list(
        number({ description: "Of a channel." }),
        "One for each channel of a latent frame.",
      ),
    }),
    "Bands, from low to high.",
  ),
});

/** How many of its blocks the denoiser runs, by noise level: fewer where less is lost. */
export const budgets = strict({
  input: words("Name in the graph of an int64 scalar, the blocks to run."),
  min: count("Fewest blocks that the graph takes."),
  max: count("All blocks."),
  by_sigma: list(
    strict({
      above: number({ min: 0, description: "Holds for levels above this." }),
      blocks: count("Blocks to run."),
    }),
    "Falling levels; the last is 0.",
  ),
});

const CALL_FRAMES = strict({
  min: count("Fewest latent frames in a call."),
  max: count("Most latent frames in a call."),
  multiple: count("Latent frames are a multiple of this."),
});

/** The denoiser, by what it predicts. */
export const denoiser = v.variant("prediction", [
  strict({
    prediction: kind("edm"),
    graph: graph({
      x: name,
      c_noise: name,
      prompt: name,
      controls: name,
      context: name,
    }, { f: name }),
    budgets: v.optional(budgets),
    frames: CALL_FRAMES,
  }),
  strict({
    prediction: kind("velocity"),
    graph: graph({
      x: name,
      t: name,
      prompt: name,
      prompt_mask: name,
      seconds: name,
      context: name,
    }, { velocity: name }),
    budgets: v.optional(v.never()),
    frames: CALL_FRAMES,
    seconds_a_frame: number({
      above: 0,
      description: "Length of a latent frame as the graph counts it.",
    }),
    seconds_padding: number({
      min: 0,
      description:
        "Added to the length that the graph is told, so that it does not end the music within the call.",
    }),
  }),
], 'an object whose prediction is "edm" or "velocity"');

const FRAMES = {
  context_frames: integer({
    min: 0,
    description: "Latent frames of left context that the graph needs.",
  }),
  preroll_frames: integer({
    min: 0,
    description: "Latent frames at the start of a piece that are not heard.",
  }),
};

const CONTEXT = words(
  "Name in the graph of the left context, if that is an input of its own: outputs are then those of the new latent frames alone.",
);

const Hz = number({ min: 0, max: 24_000, description: "Frequency." });

/** The decoder graph and what follows it. */
export const decoder = v.variant("kind", [
  strict({
    kind: kind("pcm"),
    graph: graph({ latents: name }, { pcm: name }),
    ...FRAMES,
  }),
  strict({
    kind: kind("resampled"),
    graph: graph({ latents: name }, { audio: name }),
    ...FRAMES,
    native_hop: count(
      "Samples that the graph makes of a latent frame, at its own rate.",
    ),
    min_frames: count("Fewest latent frames that the graph takes."),
    lookahead_frames: count(
      "Latent frames after one that its samples depend on.",
    ),
  }),
  strict({
    kind: kind("spectrum"),
    graph: graph({ latents: name, context: v.optional(CONTEXT) }, {
      log_mag: name,
      hf: name,
      pan: name,
      coherence: name,
      advance: name,
      step: name,
      env: name,
    }),
    ...FRAMES,
    spectrum: strict({
      n_fft: count("Samples of a tonal window."),
      hop: count("Samples between tonal frames."),
      tonal_bins: count("Tonal bins from 0 Hz."),
      hf_bands: list(
        v.strictTuple([Hz, Hz], "a list [low, high]"),
        "Noise bands.",
      ),
      pan_bands_hz: list(Hz, "Centres of the panning bands."),
      cross_lo_hz: Hz,
      cross_hi_hz: Hz,
      sweeps: integer({ min: 0, description: "Phase locking sweeps." }),
      spread_rad: number({
        min: 0,
        max: Math.PI,
        description: "Largest turn of left and right from their common phase.",
      }),
      env_cut_hz: Hz,
    }),
  }),
], 'an object whose kind is "pcm", "resampled" or "spectrum"');

/** What turns audio into latents; the features are those of a `spectrum` decoder. */
export const encoder = strict({
  kind: kind("spectrum"),
  graph: graph({ features: name }, { latents: name }),
  lookahead_samples: integer({
    min: 0,
    description: "Samples after a latent frame that its features depend on.",
  }),
  floor: number({
    above: 0,
    description: "Added to a magnitude before its logarithm.",
  }),
  env_floor: number({
    above: 0,
    description: "Added to a level of the envelope before its logarithm.",
  }),
});
