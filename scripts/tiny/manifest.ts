/**
 * `model.json` of the tiny packages.
 *
 * @module
 */
import { BLOCKS } from "./denoiser_graph.ts";
import {
  CONTROL_CHANNELS,
  HOP_SAMPLES,
  LATENT_CHANNELS,
  LAYOUT,
  PROMPT_DIMS,
  PROMPT_TOKENS,
  SPECTRUM,
} from "./shape.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";

/** A file of a package as the manifest states it. */
export type FileEntry = { file: string; sha256: string };

/** Files of a package by their role; only one of the packages has an encoder. */
export type Files =
  & Record<"tokenizer" | "prompt" | "denoiser" | "decoder", FileEntry>
  & { encoder?: FileEntry };

/**
 * Three kinds, so that both ways through decoder, sampler and guidance are gone;
 * the third, otherwise as the first, has layer budgets and few-step sampling.
 */
export type Kind = "pcm" | "spectrum" | "layers";

/** What clients call the package of a kind. */
export const IDS: Readonly<Record<Kind, string>> = {
  pcm: "tiny",
  spectrum: "tiny_spectrum",
  layers: "tiny_layers",
};

/** The manifest of the package of one kind. */
export function tinyManifest(kind: Kind, files: Files): Manifest {
  const guided = kind === "pcm";
  return {
    format: 1,
    id: IDS[kind],
    version: "1.0.0",
    title: `Tiny (random weights, ${TITLES[kind]})`,
    licence: "MIT",
    test: true,
    sample_rate: 48_000,
    channels: 2,
    latent: {
      channels: LATENT_CHANNELS,
      hop_samples: HOP_SAMPLES,
      sigma_data: 0.5,
    },
    prompt: {
      tokenizer: { ...files.tokenizer, max_tokens: 32 },
      graph: {
        ...files.prompt,
        inputs: same("ids", "mask"),
        outputs: same("tokens", "tempo"),
      },
      tokens: PROMPT_TOKENS,
      dims: PROMPT_DIMS,
    },
    denoiser: {
      graph: {
        ...files.denoiser,
        inputs: same("x", "c_noise", "prompt", "controls", "context"),
        outputs: same("f"),
      },
      prediction: "edm",
      ...(kind === "layers" && { budgets: budgets() }),
      frames: { min: 2, max: 64, multiple: 2 },
    },
    sampler: guided
      ? guidedHeun()
      : { ...pingpong(), ...(kind === "layers" && { min_steps: 2 }) },
    decoder: decoder(kind, files.decoder),
    ...(files.encoder && { encoder: encoder(files.encoder) }),
    blocks: { lengths: [8, 16], context: 16 },
    controls: {
      channels: CONTROL_CHANNELS,
      layout: LAYOUT,
      understood: [
        "bpm",
        "meter",
        "key",
        "chords",
        "density",
        "brightness",
        "energy",
        "parts",
        ...(guided ? ["guidance"] : []),
      ],
    },
  };
}

const TITLES: Readonly<Record<Kind, string>> = {
  pcm: "pcm decoder",
  spectrum: "spectrum decoder",
  layers: "layer budgets",
};

/** Fewer blocks at high noise. */
function budgets(): NonNullable<Manifest["denoiser"]["budgets"]> {
  return {
    input: "blocks",
    min: 1,
    max: BLOCKS,
    by_sigma: [
      { above: 10, blocks: 2 },
      { above: 2, blocks: 3 },
      { above: 0, blocks: BLOCKS },
    ],
  };
}

/** Roles under their own names. */
function same<const T extends string>(...roles: T[]): Record<T, string> {
  const names: Record<string, string> = Object.fromEntries(
    roles.map((role) => [role, role]),
  );
  return names as Record<T, string>;
}

function guidedHeun(): Manifest["sampler"] {
  return {
    kind: "heun",
    schedule: { kind: "karras", sigma_min: 0.02, sigma_max: 20, rho: 7 },
    steps: 4,
    max_steps: 8,
    guidance: {
      ...{ kind: "cfg", scale: 2, sigma_low: 0.2, sigma_high: 5 },
      unasked: {},
    },
  };
}

function pingpong(): Manifest["sampler"] {
  const all = [80, 20, 8, 3, 1.5, 0.8, 0.4, 0.2];
  const levels = all.map((_, i) => [`${i + 1}`, all.slice(0, i + 1)]);
  return {
    kind: "pingpong",
    schedule: { kind: "levels", levels: Object.fromEntries(levels) },
    steps: 4,
    max_steps: all.length,
    guidance: null,
  };
}

function decoder(kind: Kind, file: FileEntry): Manifest["decoder"] {
  const frames = { context_frames: 1, preroll_frames: 1 };
  if (kind !== "spectrum") {
    return {
      kind: "pcm",
      graph: { ...file, inputs: same("latents"), outputs: same("pcm") },
      ...frames,
    };
  }
  const outputs = same(
    ...["log_mag", "hf", "pan", "coherence", "advance", "step", "env"] as const,
  );
  const { hf_bands, pan_bands_hz, ...rest } = SPECTRUM;
  return {
    kind,
    graph: { ...file, inputs: same("latents", "context"), outputs },
    ...frames,
    spectrum: {
      ...rest,
      hf_bands: hf_bands.map(([low, high]) => [low!, high!]),
      pan_bands_hz: [...pan_bands_hz],
    },
  };
}

function encoder(file: FileEntry): NonNullable<Manifest["encoder"]> {
  return {
    kind: "spectrum",
    graph: { ...file, inputs: same("features"), outputs: same("latents") },
    lookahead_samples: SPECTRUM.n_fft - SPECTRUM.hop,
    floor: 0.2,
    env_floor: 1e-4,
  };
}
