/**
 * The OpenAPI 3.1 document of the HTTP routes.
 *
 * @module
 */
import type { DocumentOptions } from "./asyncapi.ts";
import { GENERATE_QUERY } from "./generate.ts";
import {
  componentSchemas,
  HTTP_ONLY,
  type Json,
  SHARED,
} from "./json_schema.ts";
import { LIMITS, PROTOCOL } from "./limits.ts";
import { samplePaths } from "./openapi_samples.ts";

const INTRODUCTION = `Music from text. \`/v1/generate\` streams one piece;
live, changeable music is on the WebSocket, described in \`/asyncapi.json\`.
Errors are \`application/problem+json\` (RFC 9457) with a \`code\`.`;

/** What each status of an error means. */
const ERRORS: Readonly<Record<number, string>> = {
  400: "A field or parameter is missing, unknown or out of its limits.",
  401: "The API key is missing or wrong.",
  403: "The page's origin may not ask.",
  404: "There is no model or live stream of this id.",
  408: "The body did not come in time.",
  413: "The body has more bytes than are accepted.",
  415: "The body is of no kind that is accepted.",
  422: "The model or the server cannot do what is asked.",
  426: "A WebSocket has to be asked for.",
  500: "A fault of the server; `incident` is also in its log.",
  503:
    "No capacity now, or not warm yet; `retry-after` says when to try again.",
};

function problems(...statuses: number[]): Json {
  const content = {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
    },
  };
  return Object.fromEntries(
    statuses.map((s) => [`${s}`, { description: ERRORS[s], content }]),
  );
}

function status(description: string, value: string): Json {
  const schema = {
    type: "object",
    properties: { status: { const: value, description } },
    required: ["status"],
  };
  return { description, content: { "application/json": { schema } } };
}

function header(description: string, schema: Json, required = true): Json {
  return { description, required, schema };
}

function audioResponse(): Json {
  const binary = { schema: { type: "string", format: "binary" } };
  return {
    description: "The piece, streamed as it is made.",
    headers: {
      "x-seed": header("The seed (u32).", { type: "integer", minimum: 0 }),
      "x-model": header("The model's id.", { type: "string" }),
      "x-bpm": header("Tempo, in beats a minute.", { type: "number" }),
      "x-warning": header(
        "What the model makes nothing of, apart by commas: `control_ignored` " +
          "and the control, `prompt_not_understood`. Absent if there is none.",
        { type: "string" },
        false,
      ),
    },
    content: {
      "audio/ogg; codecs=opus": binary,
      "audio/wav": binary,
      "application/octet-stream": binary,
    },
  };
}

/** Limits of the query's parameters come from the schemas of the body. */
function queryParameters(body: Json, schemas: Json): Json[] {
  const fields = body.properties as Record<string, Json>;
  const duration = (schemas.Duration as { anyOf: Json[] }).anyOf;
  const lengths = Object.assign(
    {},
    ...duration.map((d) => d.properties),
  ) as Json;
  const text = ((schemas.Prompt as Json).properties as Json).text;
  const bare = (schema: unknown): unknown =>
    (schema as { anyOf?: unknown[] }).anyOf?.[0] ?? schema;
  const own: Json = {
    prompt: {
      type: "array",
      minItems: 1,
      maxItems: LIMITS.prompts,
      items: text,
    },
    seconds: lengths.seconds,
    bars: lengths.bars,
    chords: { type: "string", examples: ["Am F C G"] },
    parts: { type: "string", examples: ["drums,bass"] },
    loop: { type: "string", enum: ["1", "0", "true", "false"], default: "0" },
    format: {
      type: "string",
      enum: ["ogg", "wav", "pcm_s16le"],
      default: "ogg",
    },
  };
  return Object.entries(GENERATE_QUERY).map(([name, description]) => ({
    name,
    in: "query",
    description,
    required: name === "prompt",
    schema: own[name] ?? bare(fields[name]),
  }));
}

function generate(schemas: Json): Json {
  const responses = {
    "200": audioResponse(),
    ...problems(400, 401, 403, 404, 413, 422, 500, 503),
  };
  const description =
    "The first bytes come as soon as the first window is decoded. Closing the " +
    "request cancels the work. Without seconds or bars the piece is 10 seconds long.";
  return {
    get: {
      operationId: "generateByQuery",
      summary: "Streams one piece, asked for by query.",
      description:
        `${description} A \`key\` that is an API key is taken as such, ` +
        "any other is the musical key; both may be given.",
      parameters: queryParameters(schemas.GenerateRequest as Json, schemas),
      responses,
    },
    post: {
      operationId: "generate",
      summary: "Streams one piece, asked for in JSON.",
      description,
      requestBody: {
        required: true,
        description:
          "As `start` on the WebSocket, without `type` and `stream`.",
        content: {
          "application/json": {
            schema: { $ref: "#/components/schemas/GenerateRequest" },
            examples: {
              funk: {
                value: {
                  prompts: [{ text: "upbeat funk with slap bass" }],
                  bpm: 110,
                  duration: { bars: 8 },
                  format: "wav",
                },
              },
            },
          },
        },
      },
      responses,
    },
  };
}

function document(
  operationId: string,
  summary: string,
  type: string,
  schema: Json,
  errors: Json = {},
): Json {
  return {
    get: {
      operationId,
      summary,
      security: [],
      responses: {
        "200": { description: summary, content: { [type]: { schema } } },
        ...errors,
      },
    },
  };
}

function stream(): Json {
  return {
    get: {
      operationId: "stream",
      summary: "Opens the WebSocket that `/asyncapi.json` describes.",
      parameters: [{
        name: "sec-websocket-protocol",
        in: "header",
        description:
          `If given, \`${PROTOCOL}\` has to be among what is offered.`,
        schema: { type: "string", examples: [PROTOCOL] },
      }],
      responses: {
        "101": { description: "The WebSocket is open." },
        ...problems(400, 401, 403, 426, 503),
      },
    },
  };
}

function listen(): Json {
  return {
    get: {
      operationId: "listen",
      summary: "Streams a live stream to one more listener, as Ogg Opus.",
      description:
        "Begins at the live edge, in a new Ogg stream whose positions count " +
        "from there (`FIRST_SAMPLE` in the comments is the position in the live " +
        "stream). Nothing comes while the stream is held; the body ends with it. " +
        "A listener who does not read misses music, and is dropped in the end.",
      parameters: [{
        name: "id",
        in: "path",
        required: true,
        description: "The `public_id` of the stream's `started`.",
        schema: { type: "string", examples: ["q0hLx3xVxgV1p2mHk9pQbg"] },
      }],
      responses: {
        "200": {
          description: "The stream, as it plays.",
          headers: {
            "x-bpm": header("Tempo, in beats a minute.", { type: "number" }),
          },
          content: {
            "audio/ogg; codecs=opus": {
              schema: { type: "string", format: "binary" },
            },
          },
        },
        ...problems(401, 403, 404, 503),
      },
    },
  };
}

function paths(schemas: Json): Json {
  const list = { $ref: "#/components/schemas/ModelList" };
  const object = { type: "object" };
  const text = { type: "string" };
  return {
    "/": document("page", "The live page.", "text/html", text),
    "/v1/stream": stream(),
    "/v1/generate": generate(schemas),
    "/v1/models": {
      get: {
        operationId: "models",
        summary: "All models of the server.",
        responses: {
          "200": {
            description: "The models; the first one is the default.",
            content: { "application/json": { schema: list } },
          },
          ...problems(401),
        },
      },
    },
    "/v1/listen/{id}": listen(),
    ...samplePaths(
      queryParameters(schemas.GenerateRequest as Json, schemas),
      problems,
    ),
    "/healthz": {
      get: {
        operationId: "health",
        summary: "Whether the server is alive.",
        security: [],
        responses: { "200": status("It is alive.", "alive") },
      },
    },
    "/readyz": {
      get: {
        operationId: "ready",
        summary: "Whether the model is loaded and has run once.",
        security: [],
        responses: { "200": status("It is warm.", "ready"), ...problems(503) },
      },
    },
    "/metrics": document(
      "metrics",
      "Metrics in the Prometheus text format.",
      "text/plain; version=0.0.4",
      text,
    ),
    "/debug/streams": {
      get: {
        operationId: "debugStreams",
        summary: "What every stream of the server does and waits for.",
        description:
          "For keys with the scope `debug`, or, on a server without keys, for " +
          "clients on the same machine.",
        responses: {
          "200": {
            description: "All streams and how much work waits.",
            content: { "application/json": { schema: object } },
          },
          ...problems(401, 403),
        },
      },
    },
    "/asyncapi.json": document(
      "asyncapi",
      "The AsyncAPI 3.1 document of the WebSocket.",
      "application/json",
      object,
    ),
    "/openapi.json": document(
      "openapi",
      "This document.",
      "application/json",
      object,
    ),
  };
}

/** The OpenAPI 3.1 document: the HTTP routes as the server speaks them. */
export function openapi(options: DocumentOptions = {}): Json {
  const { host, secure = false, version = "0.1.0" } = options;
  const schemas = componentSchemas(
    { ...SHARED, ...HTTP_ONLY },
    "draft-2020-12",
  );
  return {
    openapi: "3.1.1",
    info: {
      title: "Prestissimo",
      version,
      description: INTRODUCTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{
      url: host ? `${secure ? "https" : "http"}://${host}` : "/",
      description: "This server.",
    }],
    security: [{}, { bearer: [] }, { query: [] }],
    paths: paths(schemas),
    components: {
      schemas,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "An API key, if the server asks for one.",
        },
        query: {
          type: "apiKey",
          name: "key",
          in: "query",
          description: "The same key, for browsers, which cannot set headers.",
        },
      },
    },
  };
}
