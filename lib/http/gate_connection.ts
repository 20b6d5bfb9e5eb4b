/**
 * One connection through the gate.
 *
 * @module
 */
import type { GateLimits } from "./gate.ts";
import { FrameWatch } from "./gate_frames.ts";

const CHUNK_BYTES = 16_384;
const HEAD_END = new TextEncoder().encode("\r\n\r\n");

/** Options of {@linkcode GateConnection}. */
export interface GateConnectionOptions {
  address: string;
  limits: GateLimits;
  /** Port of the server on the loopback. */
  serverPort: number;
  /** Told the port under which the server sees the connection. */
  onServerPort: (port: number) => void;
  /** Called once, with the limit that was broken, or null. */
  onClose: (cut: string | null) => void;
}

/** Client and server, and what passes between them. */
export class GateConnection {
  readonly address: string;
  readonly #client: Deno.TcpConn;
  readonly #options: GateConnectionOptions;
  #server: Deno.TcpConn | null = null;
  #frames: FrameWatch | null = null;
  /** Since when the client is to do something (performance.now clock), and what. */
  #due: { ms: number; what: "headMs" | "idleMs" } | null;
  /** Since when a client does not take what is written to it. */
  #writingMs: number | null = null;
  #answering = 0;
  #closed = false;

  constructor(client: Deno.TcpConn, options: GateConnectionOptions) {
    this.#client = client;
    this.#options = options;
    this.address = options.address;
    this.#due = { ms: performance.now(), what: "headMs" };
  }

  /** Port under which the server sees the connection, once it does. */
  get serverPort(): number | null {
    return this.#serverPort;
  }
  #serverPort: number | null = null;

  /** True if it was a WebSocket from its first request on, and is watched. */
  get watched(): boolean {
    return this.#frames !== null;
  }

  /** The server has refused the WebSocket: from now on it is a connection like others. */
  unwatch(): void {
    this.#frames = null;
  }

  /** Passes everything on until one side closes. Never throws. */
  async run(): Promise<void> {
    try {
      const head = await this.#readHead();
      if (head === null) return this.close();
      const { serverPort: port, onServerPort } = this.#options;
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      if (this.#closed) return server.close();
      this.#server = server;
      this.#serverPort = (server.localAddr as Deno.NetAddr).port;
      onServerPort(this.#serverPort);
      // Audio is small packets that must not wait for each other.
      this.#client.setNoDelay(true);
      server.setNoDelay(true);
      await writeAll(server, head);
      if (!this.watched) this.#due = { ms: performance.now(), what: "idleMs" };
      await Promise.race([this.#toServer(server), this.#toClient(server)]);
    } catch {
      // Whatever breaks off on either side ends both.
    }
    this.close();
  }

  /** The server begins to answer a request. */
  answering(completed: Promise<void>): void {
    this.#answering++;
    this.#due = null;
    const rest = () => {
      this.#answering--;
      if (this.#answering > 0 || this.watched) return;
      this.#due = { ms: performance.now(), what: "idleMs" };
    };
    completed.then(rest, rest);
  }

  /** Cuts the connection if a limit of time is broken. */
  look(nowMs: number): void {
    const { limits } = this.#options;
    if (this.#due !== null && nowMs - this.#due.ms > limits[this.#due.what]) {
      this.close(this.#due.what === "headMs" ? "no request" : null);
    } else if (
      this.#writingMs !== null && nowMs - this.#writingMs > limits.stallMs
    ) this.close("does not read");
  }

  /** Closes both sides. @param cut The limit that was broken. */
  close(cut: string | null = null): void {
    if (this.#closed) return;
    this.#closed = true;
    closeQuietly(this.#client);
    if (this.#server !== null) closeQuietly(this.#server);
    this.#options.onClose(cut);
  }

  /** The first request's head and what came with it; null if there is none. */
  async #readHead(): Promise<Uint8Array | null> {
    const { headBytes } = this.#options.limits;
    const buffer = new Uint8Array(headBytes);
    let length = 0;
    for (;;) {
      const count = await this.#client.read(buffer.subarray(length));
      if (count === null) return null;
      const from = Math.max(0, length - HEAD_END.length + 1);
      length += count;
      const end = indexOf(buffer.subarray(from, length), HEAD_END);
      if (end >= 0) {
        const head = buffer.slice(0, length);
        this.#watch(head, from + end + HEAD_END.length);
        return head;
      }
      if (length === headBytes) {
        this.close("head too big");
        return null;
      }
    }
  }

  #watch(head: Uint8Array, bodyAt: number): void {
    const text = new TextDecoder().decode(head.subarray(0, bodyAt));
    if (!/^upgrade:[ \t]*websocket[ \t]*\r$/im.test(text)) return;
    this.#frames = new FrameWatch(this.#options.limits);
    this.#due = null;
    if (!this.#frames.accepts(head.subarray(bodyAt))) throw new Error("cut");
  }

  async #toServer(server: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = await this.#client.read(buffer);
      if (count === null) return;
      const bytes = buffer.subarray(0, count);
      if (this.#frames !== null && !this.#frames.accepts(bytes)) {
        return this.close("too much on a WebSocket");
      }
      await writeAll(server, bytes);
    }
  }

  async #toClient(server: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = await server.read(buffer);
      if (count === null) return;
      for (let at = 0; at < count;) {
        this.#writingMs = performance.now();
        at += await this.#client.write(buffer.subarray(at, count));
      }
      this.#writingMs = null;
    }
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
