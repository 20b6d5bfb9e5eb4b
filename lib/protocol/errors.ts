/**
 * What can go wrong, by name.
 *
 * @module
 */
import * as v from "valibot";
import { choice, integer, kind, words } from "./fields.ts";

/** Every error code with when it comes and what follows. */
export const ERROR_CODES = {
  bad_json: "The text is not JSON. The connection stays open.",
  bad_message: "A field is missing, unknown or out of its limits; `param` is " +
    "its path. The connection stays open; 20 such errors in a row close it with 1008.",
  unknown_type: "The `type` is unknown. The connection stays open.",
  unknown_stream: "There is no stream of this id on the connection.",
  unknown_session:
    "There is nothing to go on with: no such session or stream, it was " +
    "cancelled, it was too long ago, or it is another key's.",
  stream_exists: "A live stream of the connection has this id already.",
  too_many_streams: "The connection has as many streams as it may.",
  busy: "There is no capacity now; `retry_after_ms` says when to try again.",
  unknown_model: "There is no model of this id.",
  unknown_context: "There is no context of this id, or it has expired.",
  unsupported: "The model or the server cannot do what is asked.",
  message_too_big: "The message is larger than it may be. Closes with 1009.",
  unauthorized: "The API key is missing or wrong. HTTP 401.",
  forbidden_origin: "The page's origin may not connect. HTTP 403.",
  slow_client:
    "The client did not read for longer than the limit. The stream " +
    "is cancelled.",
  internal:
    "A fault of the server; `incident` is also in its log. The stream " +
    "is cancelled.",
} as const;

/** The name of an error. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The HTTP status of each error, where it is answered over HTTP. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_message: 400,
  unknown_type: 400,
  unknown_stream: 404,
  unknown_session: 404,
  stream_exists: 409,
  too_many_streams: 429,
  busy: 503,
  unknown_model: 404,
  unknown_context: 404,
  unsupported: 422,
  message_too_big: 413,
  unauthorized: 401,
  forbidden_origin: 403,
  slow_client: 408,
  internal: 500,
};

/** The name of an error. */
export const ErrorCode = choice(
  Object.keys(ERROR_CODES) as ErrorCode[],
  Object.entries(ERROR_CODES).map(([code, when]) => `${code}: ${when}`)
    .join("\n"),
);

/** What an error says, on the socket and over HTTP alike. */
export const ERROR_FIELDS = {
  code: ErrorCode,
  message: words("What was wrong with which value, and what is accepted."),
  param: v.optional(
    words("Path of the field that is wrong, e.g. `prompts[0].weight`."),
  ),
  stream: v.optional(words("The stream that it is about.")),
  retry_after_ms: v.optional(integer({
    min: 0,
    description: "When to try again, in ms from now.",
  })),
  incident: v.optional(
    words("Only with `internal`: the id under which the server's log has it."),
  ),
};

/** A request was not, or not fully, carried out. */
export const ErrorMessage = v.pipe(
  v.object({
    type: kind("error"),
    ...ERROR_FIELDS,
    reply_to: v.optional(words("The `event_id` of the message at fault.")),
  }),
  v.description(
    "Something was wrong. The connection stays open unless the code says otherwise.",
  ),
);
export type ErrorMessage = v.InferOutput<typeof ErrorMessage>;

/** RFC 9457 body of an HTTP error, `application/problem+json`. */
export const Problem = v.pipe(
  v.object({
    type: words(
      "A URI of the kind of problem; `about:blank` if there is none.",
    ),
    title: words("The kind of problem, in words."),
    status: integer({ min: 400, max: 599, description: "The HTTP status." }),
    detail: words("What was wrong with which value, and what is accepted."),
    code: ErrorCode,
    param: ERROR_FIELDS.param,
    retry_after_ms: ERROR_FIELDS.retry_after_ms,
    incident: ERROR_FIELDS.incident,
  }),
  v.description("An error over HTTP, RFC 9457."),
);
export type Problem = v.InferOutput<typeof Problem>;
