/**
 * What the main thread and the inference worker say to each other.
 *
 * @module
 */
import type { LogFields } from "../log.ts";
import type { Provider } from "./engine.ts";
import type { Manifest } from "./manifest.ts";
import type { GraphPaths } from "./package.ts";
import type { Packed } from "./packed.ts";

/** A model as the worker needs it. */
export interface WorkerModel {
  manifest: Manifest;
  graphs: GraphPaths;
}

/** Opens all sessions and warms them up; answered by `opened` or `refused`. */
export interface OpenRequest {
  type: "open";
  models: WorkerModel[];
  provider: Provider | "auto";
  threads: number;
}

/** Runs a prompt network: tokens, then log2 of the tempo if there is one. */
export interface EncodeRequest {
  type: "encode";
  /** Id of the model. */
  model: string;
  ids: number[];
}

/** Runs a denoiser on x, cNoise, prompt, controls, context: f. */
export interface DenoiseRequest {
  type: "denoise";
  model: string;
  batch: number;
  frames: number;
  inputs: Packed;
}

/** Runs a decoder on latents and state (empty: none): left, right, state. */
export interface DecodeRequest {
  type: "decode";
  model: string;
  contextFrames: number;
  newFrames: number;
  index: number;
  inputs: Packed;
}

/** A unit of work; answered by `done` or `failed` with its number. */
export type WorkRequest = EncodeRequest | DenoiseRequest | DecodeRequest;

/** To the worker. `close` is answered by `closed`. */
export type WorkerRequest =
  | OpenRequest
  | { type: "work"; id: number; work: WorkRequest }
  | { type: "close" };

/** From the worker. `buffer` gives back that of the request. */
export type WorkerReply =
  | { type: "log"; message: string; fields: LogFields }
  | { type: "opened"; provider: Provider }
  | { type: "refused"; message: string }
  | {
    type: "done";
    id: number;
    outputs: Float32Array<ArrayBuffer>[];
    buffer: ArrayBuffer | null;
  }
  | { type: "failed"; id: number; message: string; buffer: ArrayBuffer | null }
  | { type: "closed" };
