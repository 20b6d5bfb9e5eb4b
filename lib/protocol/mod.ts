/**
 * The wire: what clients and the server say to each other, how it is checked,
 * and its documents. This module is browser compatible.
 *
 * @module
 */
export * from "./limits.ts";
export * from "./harmony.ts";
export {
  CONTROL_NAMES,
  Controls,
  Duration,
  Parts,
  Prompt,
  Quantum,
  Ramp,
} from "./controls.ts";
export {
  AudioFormat,
  type Codec,
  DEFAULT_BITRATE,
  DEFAULT_FRAME_MS,
  ResolvedFormat,
} from "./audio_format.ts";
export {
  CancelMessage,
  ClientMessage,
  type ClientMessageInput,
  JoinMessage,
  PauseMessage,
  PingMessage,
  ResetMessage,
  ResumeMessage,
  type StartInput,
  StartMessage,
  SyncMessage,
  type UpdateInput,
  UpdateMessage,
} from "./client_messages.ts";
export {
  ERROR_CODES,
  ErrorCode,
  ErrorMessage,
  HTTP_STATUS,
  Problem,
} from "./errors.ts";
export { ModelInfo, ModelList } from "./model_info.ts";
export { Receipt, ResolvedPrompt } from "./receipt.ts";
export {
  CancelledMessage,
  DoneMessage,
  DrainingMessage,
  EndedMessage,
  FirstAudioMessage,
  HelloMessage,
  JoinedMessage,
  PausedMessage,
  PongMessage,
  ResetDoneMessage,
  ResumedMessage,
  ScheduledMessage,
  ServerMessage,
  StartedMessage,
  SyncedMessage,
  WarningMessage,
} from "./server_messages.ts";
export type { CheckResult, Fault } from "./check.ts";
export {
  CLIENT_MESSAGE_TYPES,
  parseClientMessage,
  type ParseResult,
} from "./parse.ts";
export {
  GENERATE_QUERY,
  type GenerateFormat,
  GenerateRequest,
  parseGenerateBody,
  parseGenerateQuery,
} from "./generate.ts";
export {
  AUDIO_HEADER_BYTES,
  type AudioFrame,
  type AudioHeader,
  decodeAudioFrame,
  decodeAudioHeader,
  encodeAudioFrame,
  encodeAudioHeader,
} from "./header.ts";
export { asyncapi, type DocumentOptions } from "./asyncapi.ts";
export { openapi } from "./openapi.ts";
