/**
 * What the rest of the server sees of a model: three pure functions of their
 * inputs (prompt, denoiser, decoder), each one unit of work for the scheduler.
 *
 * @module
 */
import type { Context } from "@opentelemetry/api";
import type { Demand } from "./demand.ts";
import type { Pressure } from "./load.ts";
import type { Manifest } from "./manifest.ts";

/** An ONNX Runtime execution provider, in the order in which they are probed. */
export type Provider = "cuda" | "webgpu" | "cpu";

/** How long a unit of work waited and ran, in ms. */
export interface Timing {
  queueMs: number;
  runMs: number;
  /** Of a decoder window's `runMs`, what came after the network. */
  synthesisMs?: number;
}

/** When a unit of work is due, and how to abandon it before it starts. */
export interface WorkOptions {
  /** Due time on the `performance.now()` clock, in ms. Earliest runs first. */
  deadlineMs: number;
  /** Somebody waits for it now: it goes first as long as no running stream would run dry. */
  interactive?: boolean;
  /** Units like this one that have to follow before the deadline. */
  restUnits?: number;
  /** Whose it is; only orders that are fair by stream look at it. */
  owner?: unknown;
  /** Aborting rejects work that has not started; running work is completed. */
  signal?: AbortSignal;
  /** The span that the work is part of, if there is a trace. */
  trace?: Context;
  /** Told how long the unit waited and ran, in ms, once it is done. */
  onTiming?: (timing: Timing) => void;
}

/** A prompt as the denoiser sees it. */
export interface PromptEncoding {
  /** Prompt tokens, row-major (tokens, dims). */
  tokens: Float32Array;
  /** Tempo predicted from the text, in beats a minute, or null if the package predicts none. */
  bpm: number | null;
  /** False if no token of the text is in the vocabulary. */
  understood: boolean;
}

/** One call of the denoiser network F (EDM, Karras et al. 2022, eq. 7). Arrays are row-major. */
export interface DenoiserInput {
  batch: number;
  /** Latent frames, a multiple of `manifest.denoiser.frames.multiple`. */
  frames: number;
  /** c_in * x: (batch, frames, latent channels). */
  x: Float32Array;
  /** c_noise = ln(sigma) / 4: (batch). */
  cNoise: Float32Array;
  /** (batch, prompt tokens, prompt dims); a row of zeros is the null prompt. */
  prompt: Float32Array;
  /** (batch, frames, control channels). */
  controls: Float32Array;
  /** (batch, frames, latent channels + 1): known latents, zero elsewhere, then the mask (1 = known). */
  context: Float32Array;
  /**
   * Blocks of the network to run, from `manifest.denoiser.budgets.min` to `max`;
   * all of them unless said. A package without budgets takes none.
   */
  blocks?: number;
}

/** Everything a block is a function of. */
export interface BlockInput {
  /** Latent frames before the block, row-major (contextFrames, channels). */
  context: Float32Array;
  contextFrames: number;
  /** Latent frames after the block, likewise (afterFrames, channels): what it has to lead to. */
  after: Float32Array;
  afterFrames: number;
  /** New latent frames. With what is known an allowed number of frames for the denoiser. */
  frames: number;
  /** Index of the first new latent frame since decoding began: numbers the noise. */
  index: number;
  /** Control rows for context, new frames and those after, row-major (frames, channels). */
  controls: Float32Array;
  /** Prompt tokens, row-major (tokens, dims). */
  prompt: Float32Array;
  seed: number;
  steps: number;
  /** Blocks of the network that run at most, or null for as many as the package says. */
  mostBlocks: number | null;
  /** Guidance scale, or null for the package's own. */
  guidance: number | null;
}

/** Everything the decoder carries from one window to the next; opaque, never mutated. */
export type DecoderState = Float32Array;

/** One window for the causal decoder. */
export interface DecoderInput {
  /** (contextFrames + newFrames, latent channels), row-major. */
  latents: Float32Array;
  /** Left context at the head of `latents`: min(index, manifest.decoder.context_frames). */
  contextFrames: number;
  newFrames: number;
  /** Index of the first new latent frame since decoding began (0, 1, ...): numbers the decoder's noise. */
  index: number;
  /**
   * State returned for the window before, null at index 0. It may still be on
   * its way: what a window begins with does not need it.
   */
  state: DecoderState | null | Promise<DecoderState | null>;
}

/** PCM of the new latent frames: `newFrames * hop_samples` samples per channel, about [-1, 1]. */
export interface DecoderOutput {
  left: Float32Array;
  right: Float32Array;
  state: DecoderState;
}

/** Audio for the encoder, 48 kHz; both channels of one length. */
export interface EncoderInput {
  left: Float32Array;
  right: Float32Array;
}

/** A loaded, warm model package. */
export interface Model {
  readonly manifest: Manifest;
  /** sha256 over the package's manifest file, hex: names the weights in a receipt. */
  readonly sha256: string;
  encodePrompt(text: string, options: WorkOptions): Promise<PromptEncoding>;
  /**
   * Latents of a whole block, row-major (frames, latent channels), where it is
   * made elsewhere: with many machines a block is the unit of work.
   */
  makeBlock?(input: BlockInput, options: WorkOptions): Promise<Float32Array>;
  /** Returns F: (batch, frames, latent channels). */
  denoise(input: DenoiserInput, options: WorkOptions): Promise<Float32Array>;
  decode(input: DecoderInput, options: WorkOptions): Promise<DecoderOutput>;
  /**
   * Latents of the whole latent frames of audio, row-major (frames, latent
   * channels); what lies after its end counts as silence. Only where the
   * manifest has an encoder.
   */
  encodeAudio?(
    input: EncoderInput,
    options: WorkOptions,
  ): Promise<Float32Array>;
  /** What a stream of so many steps asks of the device, as measured. */
  demand?(steps: number): Demand;
  /** How much quality streams are to give up for now, 0 = none. */
  readonly pressure?: Pressure;
}

/** All model packages on one device. */
export interface Engine extends AsyncDisposable {
  readonly provider: Provider;
  /** In the order of configuration; the first is the default. */
  readonly models: ReadonlyMap<string, Model>;
  /** Units of work waiting, for /metrics and admission. */
  readonly queued: number;
  /** Workers that are ready, of how many, and how often one was replaced. */
  readonly workers?: { alive: number; wanted: number; restarts: number };
  /** Why nothing can be made at the moment, for people; null if it can. */
  readonly obstacle?: string | null;
  /** How much quality streams have to give up for now, 0 = none. */
  readonly pressure?: Pressure;
  /** Rejects what waits, lets the running unit end, frees native memory. */
  [Symbol.asyncDispose](): Promise<void>;
}
