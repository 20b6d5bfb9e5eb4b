/**
 * Requests that cannot be served, and names for what must not happen.
 *
 * @module
 */
import type { ErrorCode } from "../protocol/mod.ts";

/** Details of a {@linkcode Refusal}. */
export interface RefusalDetails {
  /** Path of the offending field. */
  param?: string;
  /** When to try again, in ms from now. */
  retryAfterMs?: number;
  /** HTTP status, if it is not the one of the code. */
  status?: number;
}

/** A request that cannot be served; the message is meant for the client. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;
  readonly details: RefusalDetails;

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  /** The fields that an error has on the socket and over HTTP alike. */
  get fields(): { param?: string; retry_after_ms?: number } {
    const { param, retryAfterMs } = this.details;
    return {
      ...(param !== undefined && { param }),
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    };
  }
}

/** A short random name that ties an `internal` error to its line in the log. */
export function incidentId(): string {
  return crypto.getRandomValues(new Uint8Array(6)).toHex();
}

/** What the log keeps of something thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error
    ? thrown.stack ?? `${thrown.name}: ${thrown.message}`
    : String(thrown);
}
