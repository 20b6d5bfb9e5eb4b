/**
 * What a client's promises reject with.
 *
 * @module
 */
import type { ErrorCode, ErrorMessage } from "../protocol/errors.ts";

/** The server refused a message or ended a stream. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ErrorCode;
  /** The whole message: `param`, `stream`, `retry_after_ms`, `incident`. */
  readonly details: ErrorMessage;

  constructor(details: ErrorMessage) {
    super(details.message);
    this.code = details.code;
    this.details = details;
  }
}

/** The connection closed, or could not be opened. */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  /** WebSocket close code, e.g. 1012 if the server stops. */
  readonly closeCode: number;

  constructor(closeCode: number, reason: string) {
    super(
      reason
        ? `Connection closed with code ${closeCode}: ${reason}`
        : `Connection closed with code ${closeCode}`,
    );
    this.closeCode = closeCode;
  }
}
