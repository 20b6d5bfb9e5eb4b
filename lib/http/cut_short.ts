/**
 * What is answered where a request ends before its answer does.
 *
 * @module
 */
import type { Service } from "../session/service.ts";

/** What proxies log of a client that has gone; nobody gets to see it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * The answer to a request whose work was aborted: nobody hears it if the client
 * has left.
 *
 * @throws {Refusal} `busy` if it is the server that stops: who still waits is told to come again.
 */
export function cutShort(
  { admission, telemetry }: Service,
  stopping: AbortSignal,
): Response {
  if (stopping.aborted) admission.requireOpen();
  telemetry.cancels.inc({ by: "client" });
  return new Response(null, { status: CLIENT_CLOSED_REQUEST });
}
