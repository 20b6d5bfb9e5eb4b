/**
 * Sends generated messages to a server and holds it to its promises: every
 * message of the server fits its schema, none is a fault, every connection that
 * is not closed for a reason of the protocol goes on, and nothing is left over.
 *
 * @module
 */
import fc from "fast-check";
import * as v from "valibot";
import { ServerMessage } from "../../lib/protocol/mod.ts";
import { anyMessage } from "./grammar.ts";

/** Messages sent before an answer to a ping is waited for. */
const BATCH = 15;
/** Messages of one connection; then its streams end with it. */
const PER_CONNECTION = 1500;
/** Messages generated at once. */
const CHUNK = 3000;
const PATIENCE_MS = 60_000;

/** What happened. */
export interface FuzzReport {
  messages: number;
  connections: number;
  /** Server messages by type; errors by code. */
  answers: Record<string, number>;
  /** Connections that the server closed, by close code. */
  closed: Record<number, number>;
}

/** Options of {@linkcode fuzz}. */
export interface FuzzOptions {
  wsUrl: string;
  count: number;
  seed: number;
  onProgress?: (report: FuzzReport) => void;
}

/**
 * Sends `count` messages.
 *
 * @throws {Error} With the seed and the messages that broke a promise.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { wsUrl, count, seed, onProgress } = options;
  const report: FuzzReport = {
    messages: 0,
    connections: 0,
    answers: {},
    closed: {},
  };
  let peer: Peer | null = null;
  for (let chunk = 0; report.messages < count; chunk++) {
    const numRuns = Math.min(CHUNK, count - report.messages);
    const messages = fc.sample(anyMessage, { numRuns, seed: seed + chunk });
    for (let at = 0; at < messages.length; at += BATCH) {
      const batch = messages.slice(at, at + BATCH);
      if (peer === null || peer.sent >= PER_CONNECTION) {
        await peer?.leave();
        peer = await Peer.open(wsUrl, report);
        report.connections++;
      }
      try {
        if (!await peer.exchange(batch)) peer = null;
      } catch (error) {
        const shown = batch.map((each) =>
          typeof each === "string" ? each.slice(0, 400) : `bytes ${each}`
        );
        const where = `seed ${seed + chunk}, messages ${at} to ${at + BATCH}`;
        throw new Error(
          `${(error as Error).message}; ${where}:\n${shown.join("\n")}`,
        );
      }
      report.messages += batch.length;
    }
    onProgress?.(report);
  }
  await peer?.leave();
  return report;
}

/** One connection. */
class Peer {
  sent = 0;
  readonly #socket: WebSocket;
  readonly #report: FuzzReport;
  readonly #closed: Promise<CloseEvent>;
  #pong = Promise.withResolvers<void>();
  #fault: Error | null = null;
  #pings = 0;

  private constructor(socket: WebSocket, report: FuzzReport) {
    this.#socket = socket;
    this.#report = report;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#hear(data);
    this.#closed = new Promise((resolve) => {
      socket.onclose = (event) => resolve(event);
    });
  }

  static async open(url: string, report: FuzzReport): Promise<Peer> {
    const socket = new WebSocket(url, "prestissimo.v1");
    const peer = new Peer(socket, report);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("The server lets nobody in"));
    });
    return peer;
  }

  /** Sends messages and waits for what follows; false if that was a close. */
  async exchange(
    batch: readonly (string | Uint8Array<ArrayBuffer>)[],
  ): Promise<boolean> {
    this.#pong = Promise.withResolvers();
    for (const message of batch) this.#socket.send(message);
    const event_id = `fuzz-${++this.#pings}`;
    this.#socket.send(JSON.stringify({ type: "ping", t: 0, event_id }));
    this.sent += batch.length;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error("No answer")),
      PATIENCE_MS,
    );
    const what = await Promise.race([
      this.#pong.promise,
      this.#closed,
      late.promise,
    ])
      .finally(() => clearTimeout(timer));
    if (this.#fault) throw this.#fault;
    if (what === undefined) return true;
    const { code } = what;
    this.#report.closed[code] = (this.#report.closed[code] ?? 0) + 1;
    if (code === 1008 || code === 1009) return false;
    throw new Error(`The server closed with ${code} ${what.reason}`);
  }

  async leave(): Promise<void> {
    this.#socket.close(1000);
    await this.#closed;
  }

  #hear(data: string | ArrayBuffer): void {
    if (typeof data !== "string") return;
    const parsed = v.safeParse(ServerMessage, JSON.parse(data));
    if (!parsed.success) {
      this.#fault ??= new Error(`Not a message of the server: ${data}`);
      return;
    }
    const message = parsed.output;
    const name = message.type === "error" ? message.code : message.type;
    this.#report.answers[name] = (this.#report.answers[name] ?? 0) + 1;
    if (name === "internal") {
      this.#fault ??= new Error(`A fault of the server: ${data}`);
    }
    if (message.type === "pong" && message.reply_to === `fuzz-${this.#pings}`) {
      this.#pong.resolve();
    }
  }
}
