/**
 * What the main thread and its workers say to each other.
 *
 * @module
 */
import type { LogFields } from "../log.ts";
import type { Provider } from "./engine.ts";
import type { Manifest } from "./manifest.ts";
import type { GraphPaths } from "./package.ts";
import type { Packed } from "./packed.ts";
import type { WindowFrames } from "./features.ts";
import type { PlacedWindow } from "./synthesis.ts";

/** A model as the workers need it. */
export interface WorkerModel {
  manifest: Manifest;
  graphs: GraphPaths;
}

/** Makes all models ready and warms them up; answered by `opened` or `refused`. */
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
  /** Blocks to run; null if the graph has no such input. */
  blocks: number | null;
  inputs: Packed;
}

/** Runs a decoder on latents: features, one after the other in memory of their own. */
export interface DecodeRequest extends WindowFrames {
  type: "decode";
  model: string;
  inputs: Packed;
  /** Memory for the features, used if it is large enough. */
  features: ArrayBuffer | null;
}

/** Makes PCM of features and state (empty: none): left, right, state. */
export interface SynthesiseRequest extends PlacedWindow {
  type: "synthesise";
  model: string;
  inputs: Packed;
  features: ArrayBuffer;
}

/** Runs an encoder on left and right: latents. */
export interface AnalyseRequest {
  type: "analyse";
  model: string;
  inputs: Packed;
}

/** A unit of work for a worker that has the networks. */
export type NetworkRequest =
  | EncodeRequest
  | DenoiseRequest
  | DecodeRequest
  | AnalyseRequest;

/** A unit of work for a worker that makes PCM. It has decoders on the CPU only. */
export type SynthesisRequest = DecodeRequest | SynthesiseRequest;

/** A unit of work; answered by `done` or `failed` with its number. */
export type WorkRequest = NetworkRequest | SynthesisRequest;

/** To a worker. `close` is answered by `closed`. */
export type WorkerRequest<R extends WorkRequest = WorkRequest> =
  | OpenRequest
  | { type: "work"; id: number; work: R }
  | { type: "close" };

/** What a unit of work gave. */
export interface WorkResult {
  outputs: Float32Array<ArrayBuffer>[];
  /** Memory of the features, now with or no longer with something in it. */
  features?: ArrayBuffer;
}

/** From a worker. `buffer` gives back that of the request. */
export type WorkerReply =
  | { type: "log"; message: string; fields: LogFields }
  | { type: "opened"; provider: Provider }
  | { type: "refused"; message: string }
  | {
    type: "done";
    id: number;
    result: WorkResult;
    /** How long it took, in ms. */
    ms: number;
    buffer: ArrayBuffer | null;
  }
  | { type: "failed"; id: number; message: string; buffer: ArrayBuffer | null }
  | { type: "closed" };
