/**
 * From something thrown to what the client is told.
 *
 * @module
 */
import type { ErrorMessage } from "../protocol/mod.ts";
import { errorText, incidentId, Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";

/** What an error is about. */
export interface ErrorSubject {
  /** Id of the connection, for the log. */
  session: string;
  stream?: string | undefined;
  replyTo?: string | undefined;
}

/**
 * Writes the `error` for something thrown, and counts it. What is not a
 * {@linkcode Refusal} is a fault of the server: it goes to the log, and the
 * client only learns under which name.
 */
export function errorReply(
  thrown: unknown,
  subject: ErrorSubject,
  service: Pick<Service, "log" | "telemetry">,
): ErrorMessage {
  const { session, stream, replyTo } = subject;
  const about = {
    ...(stream !== undefined && { stream }),
    ...(replyTo !== undefined && { reply_to: replyTo }),
  };
  if (thrown instanceof Refusal) {
    const { code, message, fields } = thrown;
    service.telemetry.errors.inc({ code });
    return { type: "error", code, message, ...fields, ...about };
  }
  const incident = incidentId();
  service.telemetry.errors.inc({ code: "internal" });
  service.log.error("internal error", {
    incident,
    session,
    ...(stream !== undefined && { stream }),
    error: errorText(thrown),
  });
  return {
    type: "error",
    code: "internal",
    message: `A fault of the server, logged as incident ${incident}`,
    incident,
    ...about,
  };
}
