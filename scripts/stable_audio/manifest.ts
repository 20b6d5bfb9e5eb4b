/**
 * `model.json` for the graphs of Stable Audio 3 small music.
 *
 * @module
 */
import {
  CHANNELS,
  DECODER_MIN,
  HIDDEN,
  MOST_FRAMES,
  NATIVE_HOP,
  NATIVE_HZ,
  TOKENS,
} from "./layout.ts";

/** A file as a manifest states it. */
export type FileEntry = { file: string; sha256: string };

/** Files by their role. */
export type Files = Record<
  "tokenizer" | "prompt" | "denoiser" | "decoder",
  FileEntry
>;

/**
 * Samples of a latent frame at 48 kHz. 4096 at 44.1 kHz are 4458.23: a whole
 * number of them is 52 millionths shorter, a tenth of a cent higher.
 */
const HOP = Math.round(NATIVE_HOP * 48_000 / NATIVE_HZ);

/** Latent frames on which the samples of one depend, after it: 0.74 s. */
const LOOKAHEAD = 8;

const MOST_STEPS = 8;
/** The published schedule: even in the logarithm of signal over noise. */
const LOG_SNR = { from: -6.2, to: 2 };

/** Levels t / (1 - t) = exp(-log SNR) of n steps; after the last comes 0. */
function levels(steps: number): number[] {
  const { from, to } = LOG_SNR;
  return Array.from(
    { length: steps },
    (_, i) => Math.exp(-(from + (to - from) * i / steps)),
  );
}

/** The content of `model.json`. */
export function stableAudioManifest(files: Files): unknown {
  const all = Array.from({ length: MOST_STEPS }, (_, i) => i + 1);
  return {
    format: 1,
    id: "stable-audio-3-small-music",
    version: "3.0.0",
    title: "Stable Audio 3 small music",
    licence: "Stability AI Community License",
    sample_rate: 48_000,
    channels: 2,
    latent: { channels: CHANNELS, hop_samples: HOP, sigma_data: 1 },
    prompt: {
      tokenizer: { ...files.tokenizer, max_tokens: TOKENS },
      graph: {
        ...files.prompt,
        inputs: { ids: "input_ids", mask: "attention_mask" },
        outputs: { tokens: "hidden_states" },
      },
      pad_to: TOKENS,
      tokens: TOKENS,
      // The last value of a token is its mask.
      dims: HIDDEN + 1,
    },
    denoiser: {
      prediction: "velocity",
      graph: {
        ...files.denoiser,
        inputs: {
          x: "x",
          t: "t",
          prompt: "t5_hidden",
          prompt_mask: "t5_mask",
          seconds: "seconds_total",
          context: "local_add_cond",
        },
        outputs: { velocity: "velocity" },
      },
      frames: { min: 1, max: MOST_FRAMES, multiple: 1 },
      seconds_a_frame: NATIVE_HOP / NATIVE_HZ,
      // Without it the model ends the music within what it makes.
      seconds_padding: 6,
    },
    sampler: {
      kind: "pingpong",
      schedule: {
        kind: "levels",
        levels: Object.fromEntries(all.map((n) => [n, levels(n)])),
      },
      steps: MOST_STEPS,
      max_steps: MOST_STEPS,
      guidance: null,
    },
    decoder: {
      kind: "resampled",
      graph: {
        ...files.decoder,
        inputs: { latents: "latent" },
        outputs: { audio: "audio" },
      },
      context_frames: DECODER_MIN - 2,
      preroll_frames: LOOKAHEAD,
      native_hop: NATIVE_HOP,
      min_frames: DECODER_MIN,
      lookahead_frames: LOOKAHEAD,
    },
    // It was trained on 256 frames and more: a block and what it goes on from.
    blocks: { lengths: [256, 128], context: 128 },
    controls: { channels: 2, layout: [["energy", 2]], understood: [] },
  };
}
