/**
 * Errors over HTTP (RFC 9457).
 *
 * @module
 */
import type { ErrorCode, Problem } from "../protocol/mod.ts";
import { errorText, incidentId, Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_message: 400,
  unknown_type: 400,
  unauthorized: 401,
  forbidden_origin: 403,
  unknown_model: 404,
  unknown_stream: 404,
  unknown_context: 404,
  unknown_session: 404,
  stream_exists: 409,
  message_too_big: 413,
  unsupported: 422,
  too_many_streams: 429,
  slow_client: 408,
  internal: 500,
  busy: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Unprocessable content",
  426: "Upgrade required",
  429: "Too many requests",
  500: "Internal server error",
  503: "Service unavailable",
};

/** Options of {@linkcode problem}. */
export interface ProblemOptions extends Partial<Problem> {
  code: ErrorCode;
  detail: string;
  headers?: Record<string, string>;
}

/** An error as a response. The status follows from the code unless given. */
export function problem(options: ProblemOptions): Response {
  const { headers, code, detail, ...rest } = options;
  const status = options.status ?? STATUS[code];
  const body: Problem = {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    ...rest,
    status,
    detail,
    code,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** What was thrown, as a response; faults of the server go to the log. */
export function problemOf(
  thrown: unknown,
  { log, telemetry }: Pick<Service, "log" | "telemetry">,
): Response {
  if (thrown instanceof Refusal) {
    const { code, message: detail, fields, details } = thrown;
    const { retryAfterMs, status } = details;
    telemetry.errors.inc({ code });
    return problem({
      ...fields,
      ...(status !== undefined && { status }),
      code,
      detail,
      headers: {
        ...(code === "unauthorized" && status === undefined &&
          { "www-authenticate": "Bearer" }),
        ...(retryAfterMs !== undefined &&
          { "retry-after": `${Math.ceil(retryAfterMs / 1000)}` }),
      },
    });
  }
  const incident = incidentId();
  telemetry.errors.inc({ code: "internal" });
  log.error("internal error", { incident, error: errorText(thrown) });
  const detail = `A fault of the server, logged as incident ${incident}`;
  return problem({ code: "internal", detail, incident });
}
