/**
 * The protocol's types for the package: plain ones, made from the schemas, so
 * that whoever installs the package needs nothing else.
 *
 * @module
 */
import type * as v from "valibot";
import { ClientMessage } from "../../lib/protocol/client_messages.ts";
import { Controls, Quantum } from "../../lib/protocol/controls.ts";
import { ErrorCode, ErrorMessage } from "../../lib/protocol/errors.ts";
import { componentSchemas, SHARED } from "../../lib/protocol/json_schema.ts";
import { ServerMessage } from "../../lib/protocol/server_messages.ts";
import { declarations } from "./schema_types.ts";

type Variant = {
  options: readonly (v.GenericSchema & {
    entries: { type: { literal: string } };
  })[];
};

/** `started` to `StartedMessage`; the answer to `reset` has its own name. */
function messageName(type: string, suffix: string): string {
  const name = type.split("_").map((w) => w[0]!.toUpperCase() + w.slice(1));
  return name.join("") + suffix;
}

function messages(
  union: unknown,
  suffix: string,
): Record<string, v.GenericSchema> {
  return Object.fromEntries(
    (union as Variant).options.map((option) => [
      messageName(option.entries.type.literal, suffix),
      option,
    ]),
  );
}

/** The text of `protocol.d.ts`. */
export function protocolTypes(): string {
  const inputs = messages(ClientMessage, "Input");
  const { ResetMessage, ...outputs } = messages(ServerMessage, "Message");
  const named = {
    ...SHARED,
    ...{ Controls, Quantum, ErrorCode, ErrorMessage },
    ...inputs,
    ...outputs,
    ResetDoneMessage: ResetMessage!,
  };
  const schemas = componentSchemas(named, "draft-2020-12");
  const one = (names: string[]) => names.join(" | ");
  return [
    declarations(schemas as Record<string, Record<string, unknown>>),
    `export type ClientMessageInput = ${one(Object.keys(inputs))};`,
    `export type ServerMessage = ${
      one(["ResetDoneMessage", ...Object.keys(outputs)])
    };`,
  ].join("\n");
}
