/**
 * The AsyncAPI 3.1 document of the WebSocket.
 *
 * @module
 */
import type * as v from "valibot";
import { ClientMessage } from "./client_messages.ts";
import { CLIENT_EXAMPLES, SERVER_EXAMPLES } from "./examples.ts";
import { AUDIO_HEADER_BYTES } from "./header.ts";
import { componentSchemas, type Json, SHARED } from "./json_schema.ts";
import { LIMITS, PROTOCOL } from "./limits.ts";
import { ServerMessage } from "./server_messages.ts";

/** Where the described server is. */
export interface DocumentOptions {
  /** Host and port, e.g. `127.0.0.1:8080`. */
  host?: string;
  /** Whether it is reached over TLS. */
  secure?: boolean;
  /** Version of the server. */
  version?: string;
}

/** What answers each client message, besides `error`. */
const REPLIES = {
  start: "started",
  update: "scheduled",
  pause: "paused",
  resume: "resumed",
  reset: "reset",
  cancel: "cancelled",
  ping: "pong",
  join: "joined",
  sync: "synced",
} as const;

/** What the server says without being asked. */
const NOTICES = {
  hello: "Introduces the server, first on every connection.",
  first_audio: "Tells where the time to the first packet went.",
  warning: "Tells something to know that stops nothing.",
  done: "Tells that a finite stream has been sent to its end.",
  draining: "Tells that the server is stopping.",
  ended: "Tells that a stream that was joined has ended.",
  audio: "Sends audio.",
} as const;

const AUDIO_LAYOUT = `One binary frame: a header of ${AUDIO_HEADER_BYTES} bytes,
little-endian, then exactly one Opus packet, or one PCM frame (interleaved).

| offset | type | field |
|---|---|---|
| 0 | u8 | kind = 1; frames of other kinds are to be ignored |
| 1 | u8 | flags: bit 0 last frame of the stream, bit 1 discontinuity (audio queued before this frame is void) |
| 2 | u16 | handle, from \`started\` |
| 4 | u32 | seq, from 0, without gaps |
| 8 | u64 | sample: position of the payload's first sample in the stream, 48 kHz; for Opus of the encoder's input |
| 16 | f64 | beat: musical position of that sample, in beats from the stream's start |
`;

const INTRODUCTION = `Live music from text. Connect to \`/v1/stream\`, wait for
\`hello\`, send \`start\`, and play the binary frames that follow.

Text frames are JSON objects with a \`type\`; binary frames are audio. A client
message with a field that is not listed here is refused with \`bad_message\`, so
that a misspelt name is not silently ignored. Clients ignore types and fields of
the server that they do not know. Text is trimmed before its length is counted,
in UTF-16 code units. \`null\` for a control gives it back to the model. Paths in
\`param\` look like \`prompts[0].weight\`. A text frame has at most
${LIMITS.message_bytes} bytes. Close codes: 1008 after 20 unreadable messages in
a row, 1009 for a message too big, 1012 when the server stops.`;

type Option = v.GenericSchema & { entries: { type: { literal: string } } };

/** Schemas of a union's messages by their type. */
function byType(union: { options: readonly unknown[] }): Map<string, Option> {
  return new Map(
    (union.options as Option[]).map((o) => [o.entries.type.literal, o]),
  );
}

/** `first_audio` -> `FirstAudio`. */
function pascal(type: string): string {
  return type.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("");
}

/** Both sides know a `reset`, so the schema's name tells the side. */
function schemaName(type: string, side: "Client" | "Server"): string {
  return `${side}${pascal(type)}`;
}

function messages(
  side: "Client" | "Server",
  schemas: Map<string, Option>,
  examples: Record<string, unknown>,
  components: Json,
): Json {
  const entries = [...schemas.keys()].map((type) => {
    const name = schemaName(type, side);
    const description = (components[name] as Json).description;
    return [name, {
      name: type,
      title: `${type} (${
        side === "Client" ? "client to server" : "server to client"
      })`,
      summary: description,
      contentType: "application/json",
      payload: { $ref: `#/components/schemas/${name}` },
      correlationId: {
        $ref: `#/components/correlationIds/${
          side === "Client" ? "event" : "reply"
        }`,
      },
      examples: [{ name: type, payload: examples[type] }],
    }];
  });
  return Object.fromEntries(entries);
}

function audioMessage(): Json {
  return {
    name: "audio",
    title: "audio (server to client)",
    summary: "A binary frame with one packet of audio.",
    description: AUDIO_LAYOUT,
    contentType: "application/octet-stream",
    payload: {
      type: "string",
      format: "binary",
      minLength: AUDIO_HEADER_BYTES + 1,
      description: AUDIO_LAYOUT,
    },
  };
}

function refs(names: string[]): Json[] {
  return names.map((name) => ({ $ref: `#/channels/stream/messages/${name}` }));
}

function operations(): Json {
  const channel = { $ref: "#/channels/stream" };
  const asked = Object.entries(REPLIES).map(([type, reply]) => [type, {
    action: "receive",
    channel,
    summary:
      `A client sends \`${type}\` and is answered with \`${reply}\` or \`error\`.`,
    messages: refs([schemaName(type, "Client")]),
    reply: {
      channel,
      messages: refs([
        schemaName(reply, "Server"),
        schemaName("error", "Server"),
      ]),
    },
  }]);
  const told = Object.entries(NOTICES).map(([type, summary]) => [
    `send${pascal(type)}`,
    {
      action: "send",
      channel,
      summary,
      messages: refs([type === "audio" ? "Audio" : schemaName(type, "Server")]),
    },
  ]);
  return Object.fromEntries([...asked, ...told]);
}

/** Every schema of the socket, by its name in the document. */
function schemas(): Json {
  const named = (side: "Client" | "Server", from: Map<string, Option>) =>
    [...from].map(([type, schema]) => [schemaName(type, side), schema]);
  return componentSchemas({
    ...SHARED,
    ...Object.fromEntries(named("Client", byType(ClientMessage))),
    ...Object.fromEntries(named("Server", byType(ServerMessage))),
  }, "draft-07");
}

function components(): Json {
  const all = schemas();
  return {
    schemas: all,
    messages: {
      ...messages("Client", byType(ClientMessage), CLIENT_EXAMPLES, all),
      ...messages("Server", byType(ServerMessage), SERVER_EXAMPLES, all),
      Audio: audioMessage(),
    },
    correlationIds: {
      event: {
        description: "Chosen by the client; the answer repeats it.",
        location: "$message.payload#/event_id",
      },
      reply: {
        description: "The `event_id` of the message that is answered.",
        location: "$message.payload#/reply_to",
      },
    },
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        description: "An API key, if the server asks for one.",
      },
      query: {
        type: "httpApiKey",
        name: "key",
        in: "query",
        description: "The same key, for browsers, which cannot set headers.",
      },
    },
  };
}

/** The AsyncAPI 3.1 document: the wire as the server speaks it. */
export function asyncapi(options: DocumentOptions = {}): Json {
  const { host = "127.0.0.1:8080", secure = false, version = "0.1.0" } =
    options;
  const parts = components();
  const names = Object.keys(parts.messages as Json);
  return {
    asyncapi: "3.1.0",
    info: {
      title: "Prestissimo",
      version,
      description: INTRODUCTION,
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      here: {
        host,
        protocol: secure ? "wss" : "ws",
        description: "This server.",
        security: [
          { $ref: "#/components/securitySchemes/bearer" },
          { $ref: "#/components/securitySchemes/query" },
        ],
      },
    },
    channels: {
      stream: {
        address: "/v1/stream",
        title: "One connection",
        description:
          `Subprotocol \`${PROTOCOL}\`. Up to ${LIMITS.streams} streams at once, each with its own id.`,
        messages: Object.fromEntries(
          names.map((
            name,
          ) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
      },
    },
    operations: operations(),
    components: parts,
  };
}
