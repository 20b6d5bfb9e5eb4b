/**
 * The routes of live coders in the OpenAPI document: sample maps and audio to go
 * on from.
 *
 * @module
 */
import type { Json } from "./json_schema.ts";

const BINARY = { schema: { type: "string", format: "binary" } };

/** Parameters of `/v1/generate` that a sample map has no use for. */
const NOT_IN_MAPS = ["seconds", "format", "loop", "parts", "context"];

/**
 * The paths.
 *
 * @param parameters The query of `/v1/generate`.
 * @param problems Makes the responses of statuses.
 */
export function samplePaths(
  parameters: Json[],
  problems: (...statuses: number[]) => Json,
): Json {
  const query = [
    {
      name: "name",
      in: "query",
      description: "What the sounds are called.",
      schema: {
        type: "string",
        pattern: "^[A-Za-z][A-Za-z0-9_]{0,31}$",
        default: "presto",
      },
    },
    ...parameters.filter(({ name }) => !NOT_IN_MAPS.includes(`${name}`)),
  ];
  const inPath = (name: string, description: string) => ({
    ...{ name, in: "path", required: true, description },
    schema: { type: "string" },
  });
  return {
    "/v1/strudel.json": {
      get: {
        operationId: "strudel",
        summary: "A prompt as a sample map of Strudel.",
        description: "Loops of exactly `bars` bars (4 unless said) and " +
          "one-shots; a sample is made when it is first asked for. Without a " +
          "seed it comes from the query, so the same query gives the same music.",
        parameters: query,
        responses: {
          "200": {
            description: "`_base`, and for each sound its samples.",
            content: { "application/json": { schema: { type: "object" } } },
          },
          ...problems(400, 401, 403, 404, 422, 503),
        },
      },
    },
    "/v1/strudel/{version}/{file}": {
      get: {
        operationId: "strudelSample",
        summary: "One sample of a map.",
        parameters: [
          inPath("version", "What made it, from the map."),
          inPath("file", "Its name, from the map."),
          ...query.slice(1),
        ],
        responses: {
          "200": {
            description: "16-bit WAV, 48 kHz; a loop has a `smpl` chunk.",
            content: { "audio/wav": BINARY },
          },
          ...problems(400, 401, 403, 404, 503),
        },
      },
    },
    "/v1/context": {
      put: {
        operationId: "context",
        summary: "Audio that streams may go on from.",
        description:
          "A clip of 0.5 to 30 seconds and at most 16 MiB, of which " +
          "the end counts. Its id goes into `context` of `start` or of " +
          "`/v1/generate`; it is forgotten ten minutes after it was last used. A key, or an " +
          "address without one, may have 16: of more, the one that was not used " +
          "for longest is forgotten. The server keeps 64.",
        parameters: [{
          name: "bpm",
          in: "query",
          description:
            "The clip's tempo, if it is known; else it is estimated.",
          schema: { type: "number", minimum: 40, maximum: 240 },
        }],
        requestBody: {
          required: true,
          content: {
            "audio/wav": BINARY,
            "audio/flac": BINARY,
            "audio/ogg": BINARY,
          },
        },
        responses: {
          "201": {
            description: "The clip is kept.",
            content: { "application/json": { schema: KEPT } },
          },
          ...problems(400, 401, 403, 408, 413, 415, 422, 503),
        },
      },
    },
  };
}

const KEPT = {
  type: "object",
  required: ["id", "seconds", "bpm", "expires"],
  properties: {
    id: { type: "string", description: "What `context` is to name." },
    seconds: { type: "number", description: "Length of the clip, in seconds." },
    bpm: {
      type: ["number", "null"],
      description: "Tempo, in beats a minute; null: no pulse was found.",
    },
    expires: {
      type: "string",
      format: "date-time",
      description: "When it is forgotten, unless it is used.",
    },
  },
};
