/**
 * The client for browsers, Deno and Node 22: plays music from a server and
 * bends it while it plays.
 *
 * @module
 */
export { connect, type ConnectOptions } from "./connect.ts";
export {
  Client,
  type ClientEvent,
  type ClosedEvent,
  type DisconnectedEvent,
} from "./client.ts";
export {
  type PlayOptions,
  Stream,
  type StreamEvent,
  type SyncOptions,
  type UpdateOptions,
} from "./stream.ts";
export { ConnectionClosedError, ServerError } from "./errors.ts";
export type { AudioFrame, AudioHeader } from "../protocol/header.ts";
export type {
  Controls,
  Duration,
  Prompt,
  Quantum,
  Ramp,
} from "../protocol/controls.ts";
export type {
  CancelledMessage,
  DoneMessage,
  FirstAudioMessage,
  HelloMessage,
  ScheduledMessage,
  StartedMessage,
  WarningMessage,
} from "../protocol/server_messages.ts";
export type { ResolvedFormat } from "../protocol/audio_format.ts";
export type { ErrorMessage } from "../protocol/errors.ts";
export type { ModelInfo } from "../protocol/model_info.ts";
export type { Receipt } from "../protocol/receipt.ts";
