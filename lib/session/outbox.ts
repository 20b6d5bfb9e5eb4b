/**
 * What a connection sends, and how much of it the client has not read.
 *
 * @module
 */
import type { ServerMessage } from "../protocol/mod.ts";
import { sleep } from "./wait.ts";

/** The part of a WebSocket that a session needs. */
export interface SessionSocket {
  readonly readyState: number;
  /** Bytes that were sent and have not left the process. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** When a client counts as slow. */
export interface SlowLimits {
  /** No audio is sent while more than this is waiting, in bytes. */
  holdBytes: number;
  /** A client that read nothing for so long is warned, in ms. */
  warnMs: number;
  /** A client that read nothing for so long loses the stream, in ms. */
  dropMs: number;
  /** Answers pile up no further than this; then the connection is closed. */
  closeBytes: number;
}

/** The limits unless said. */
export const SLOW_LIMITS: SlowLimits = {
  holdBytes: 1 << 20,
  warnMs: 2_000,
  dropMs: 10_000,
  closeBytes: 8 << 20,
};

/** The client did not read for longer than the limit. */
export class SlowClientError extends Error {
  override readonly name = "SlowClientError";
}

const OPEN = 1;
const POLL_MS = 10;
/** How long a connection waits for its last messages to get out, in ms. */
const FLUSH_MS = 2_000;
/** RFC 6455 section 7.4.1: a policy was violated. */
const POLICY_VIOLATION = 1008;

/** Sends on a socket; on one that is not open, nothing happens. */
export class Outbox {
  readonly #socket: SessionSocket;
  readonly #limits: SlowLimits;
  /** When to close at the latest (performance.now clock), once that is wanted. */
  #closeByMs: number | null = null;

  constructor(socket: SessionSocket, limits: SlowLimits = SLOW_LIMITS) {
    this.#socket = socket;
    this.#limits = limits;
  }

  /** True if audio may be sent now. */
  get hasRoom(): boolean {
    return this.#socket.bufferedAmount <= this.#limits.holdBytes;
  }

  /** Bytes that were sent and have not left the process. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a message. */
  send(message: ServerMessage): void {
    if (!this.#open) return;
    if (this.#socket.bufferedAmount > this.#limits.closeBytes) {
      this.close(POLICY_VIOLATION, "the client does not read", 0);
      return;
    }
    this.#socket.send(JSON.stringify(message));
  }

  /** Sends a binary frame. */
  sendFrame(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#socket.send(frame);
  }

  /**
   * Sends nothing more, and closes the connection when what was sent before is
   * out. Deno drops a closing connection, and the close frame with it, as soon
   * as the client says anything, so that frame must not have to wait.
   *
   * @param flushMs Longest time to wait for that; the shortest of several counts.
   */
  close(code: number, reason: string, flushMs = FLUSH_MS): void {
    const byMs = performance.now() + flushMs;
    const closing = this.#closeByMs !== null;
    this.#closeByMs = Math.min(this.#closeByMs ?? Infinity, byMs);
    if (!closing) this.#flush(() => this.#socket.close(code, reason));
  }

  /**
   * Resolves when audio may be sent. A client that reads, however slowly, is
   * waited for; `onSlow` is called once it has read nothing for a while.
   *
   * @throws {SlowClientError} If it reads nothing for longer than the limit.
   * @throws The reason of `signal` once it is aborted.
   */
  async room(
    options: { signal: AbortSignal; onSlow: () => void },
  ): Promise<void> {
    let before = this.#socket.bufferedAmount;
    let stalledFrom = performance.now();
    let warned = false;
    while (!this.hasRoom) {
      await sleep(POLL_MS, options.signal);
      const waiting = this.#socket.bufferedAmount;
      const now = performance.now();
      if (waiting < before) stalledFrom = now;
      before = waiting;
      const stalledMs = now - stalledFrom;
      if (stalledMs > this.#limits.dropMs) {
        throw new SlowClientError(
          `The client read nothing for ${
            Math.round(stalledMs)
          } ms while ${waiting} bytes were waiting: at most ${this.#limits.dropMs} ms are allowed`,
        );
      }
      if (!warned && stalledMs > this.#limits.warnMs) {
        warned = true;
        options.onSlow();
      }
    }
  }
  get #open(): boolean {
    return this.#closeByMs === null && this.#socket.readyState === OPEN;
  }

  #flush(close: () => void): void {
    const { readyState, bufferedAmount } = this.#socket;
    if (readyState !== OPEN) return;
    if (bufferedAmount === 0 || performance.now() >= this.#closeByMs!) {
      return close();
    }
    setTimeout(() => this.#flush(close), POLL_MS);
  }
}
