/**
 * Model packages on ONNX Runtime.
 *
 * @module
 */
export type {
  DecoderInput,
  DecoderOutput,
  DecoderState,
  DenoiserInput,
  Engine,
  Model,
  PromptEncoding,
  Provider,
  WorkOptions,
} from "./engine.ts";
export type { Manifest } from "./manifest.ts";
export { type EngineOptions, openEngine } from "./open_engine.ts";
export { PackageError } from "./package_error.ts";
