/**
 * What Stability AI publishes for Stable Audio 3 small music as ONNX graphs
 * (Hugging Face, stabilityai/stable-audio-3-optimized, folder onnx): names,
 * types and axes. A length that is free is -1.
 *
 * @module
 */

/** Values of a latent frame, and samples at 44.1 kHz that it becomes. */
export const CHANNELS = 256;
export const NATIVE_HOP = 4096;
export const NATIVE_HZ = 44_100;
/** Tokens of a text, and values of each. */
export const TOKENS = 256;
export const HIDDEN = 768;
/** Latent frames that the decoder and the denoiser take. */
export const DECODER_MIN = 32;
export const MOST_FRAMES = 4096;

/** An input or output. */
export interface Port {
  type: "float32" | "int64";
  shape: readonly number[];
}

/** One graph of the download. */
export interface GraphLayout {
  /** Where it may be, newest name first. */
  files: readonly string[];
  inputs: Readonly<Record<string, Port>>;
  outputs: Readonly<Record<string, Port>>;
}

const float = (...shape: number[]): Port => ({ type: "float32", shape });
const whole = (...shape: number[]): Port => ({ type: "int64", shape });

/** Where the text's tokenizer may be. */
export const TOKENIZER_FILES = ["t5gemma/tokenizer.json", "tokenizer.json"];

/** The graphs by the role that they have here. */
export const GRAPHS: Readonly<
  Record<"prompt" | "denoiser" | "decoder", GraphLayout>
> = {
  prompt: {
    files: ["t5gemma/encoder.onnx"],
    inputs: {
      input_ids: whole(1, TOKENS),
      attention_mask: whole(1, TOKENS),
    },
    outputs: { hidden_states: float(1, TOKENS, HIDDEN) },
  },
  denoiser: {
    files: [
      "sa3-sm-music/dit.onnx",
      "sa3-sm-music/dit_fp16.onnx",
      "sa3-sm-music/dit_fp16mixed.onnx",
    ],
    inputs: {
      x: float(1, CHANNELS, -1),
      t: float(1),
      t5_hidden: float(1, TOKENS, HIDDEN),
      t5_mask: float(1, TOKENS),
      seconds_total: float(1),
      local_add_cond: float(1, CHANNELS + 1, -1),
    },
    outputs: { velocity: float(1, CHANNELS, -1) },
  },
  decoder: {
    files: ["same-s/dec_bf16.onnx", "same-s/dec_dynamic_bf16.onnx"],
    inputs: { latent: float(1, CHANNELS, -1) },
    outputs: { audio: float(1, 2, -1) },
  },
};

/** Where the files are, and under which terms. */
export const SOURCE =
  "They are at https://huggingface.co/stabilityai/stable-audio-3-optimized " +
  "(folder onnx), under the Stability AI Community License, which you accept " +
  "there: https://stability.ai/license";
