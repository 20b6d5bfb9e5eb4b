/**
 * Reads what a client sent. Nothing here throws: bad input from the network is
 * a value.
 *
 * @module
 */
import * as v from "valibot";
import {
  CancelMessage,
  type ClientMessage,
  EventId,
  JoinMessage,
  PauseMessage,
  PingMessage,
  ResetMessage,
  ResumeMessage,
  StartMessage,
  StreamId,
  SyncMessage,
  UpdateMessage,
} from "./client_messages.ts";
import { type CheckResult, checkValue, parseObject, show } from "./check.ts";
import type { ErrorMessage } from "./errors.ts";

export {
  type CheckResult,
  checkValue,
  type Fault,
  parseObject,
} from "./check.ts";

/** A message, or the `error` that answers it. */
export type ParseResult =
  | { ok: true; message: ClientMessage }
  | { ok: false; error: ErrorMessage };

const MESSAGES: ReadonlyMap<unknown, v.GenericSchema<unknown, ClientMessage>> =
  new Map<string, v.GenericSchema<unknown, ClientMessage>>([
    ["start", StartMessage],
    ["update", UpdateMessage],
    ["pause", PauseMessage],
    ["resume", ResumeMessage],
    ["reset", ResetMessage],
    ["cancel", CancelMessage],
    ["ping", PingMessage],
    ["join", JoinMessage],
    ["sync", SyncMessage],
  ]);

/** Types of the messages that a client may send. */
export const CLIENT_MESSAGE_TYPES = [...MESSAGES.keys()] as readonly string[];

/** Checks a message whose JSON has been read. */
function checkMessage(
  value: Record<string, unknown>,
): CheckResult<ClientMessage> {
  const type = Object.hasOwn(value, "type") ? value.type : undefined;
  const schema = MESSAGES.get(type);
  if (schema) return checkValue(schema, value);
  const accepted = CLIENT_MESSAGE_TYPES.join(", ");
  const missing = type === undefined;
  return {
    ok: false,
    error: {
      code: missing ? "bad_message" : "unknown_type",
      message: missing
        ? `type is missing, accepted: ${accepted}`
        : `type is ${show(type)}, accepted: ${accepted}`,
      param: "type",
    },
  };
}

/**
 * Reads one text frame of a client. Never throws.
 *
 * @returns The message with defaults filled in, or the `error` to answer with:
 * it repeats `event_id` and `stream` if they could be read.
 */
export function parseClientMessage(text: string): ParseResult {
  const parsed = parseObject(text);
  const result = parsed.ok ? checkMessage(parsed.value) : parsed;
  if (result.ok) return { ok: true, message: result.value };
  const { event_id, stream } = parsed.ok ? parsed.value : {};
  return {
    ok: false,
    error: {
      type: "error",
      ...result.error,
      ...(v.is(StreamId, stream) && { stream }),
      ...(v.is(EventId, event_id) && { reply_to: event_id }),
    },
  };
}
