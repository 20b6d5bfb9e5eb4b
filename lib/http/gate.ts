/**
 * What strangers meet first. The runtime's HTTP server accepts every
 * connection, waits for its first request for ever, and ends the process when
 * it runs out of file descriptors; a WebSocket may send fragments without end.
 * The gate bounds all of that and passes the rest on, byte for byte.
 *
 * @module
 */
import { GateConnection } from "./gate_connection.ts";

/** What strangers can hold. */
export interface GateLimits {
  /** Connections at once. */
  connections: number;
  connectionsPerAddress: number;
  /** A connection has so long for the head of its first request, in ms. */
  headMs: number;
  /** Bytes of that head. */
  headBytes: number;
  /** A connection may so long be without a request that is being answered, in ms. */
  idleMs: number;
  /** A client that takes nothing for so long is cut off, in ms. */
  stallMs: number;
  /** Bytes of one WebSocket message; the server itself refuses less than this. */
  messageBytes: number;
  /** WebSocket frames a second in the long run. */
  framesPerSecond: number;
  /** WebSocket frames at once. */
  burst: number;
}

/** The limits unless said. */
export const GATE_LIMITS: GateLimits = {
  connections: 256,
  connectionsPerAddress: 64,
  headMs: 10_000,
  headBytes: 32_768,
  idleMs: 30_000,
  stallMs: 60_000,
  messageBytes: 262_144,
  framesPerSecond: 200,
  burst: 2_000,
};

/** What `accept` throws of a connection that is gone already. */
const GONE = [
  Deno.errors.NotConnected,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
];

/** How often limits of time are looked at, in ms. */
const SWEEP_MS = 250;
/** Wait after the system had no file descriptor to give, in ms. */
const RETRY_MS = 100;

/** Options of {@linkcode Gate}. */
export interface GateOptions {
  hostname: string;
  port: number;
  /** Port of the server behind the gate, on the loopback. */
  serverPort: number;
  limits: GateLimits;
  /** Told why a connection was not let in or was cut off. */
  onRefuse?: (why: string) => void;
}

/** Accepts connections and passes them on. */
export class Gate {
  readonly addr: Deno.NetAddr;
  readonly #options: GateOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<GateConnection>();
  readonly #byAddress = new Map<string, number>();
  /** By the port that the server sees. */
  readonly #byPort = new Map<number, GateConnection>();
  readonly #sweep: ReturnType<typeof setInterval>;
  #closed = false;

  /** Begins to listen. */
  constructor(options: GateOptions) {
    const { hostname, port } = options;
    this.#options = options;
    this.#listener = Deno.listen({ hostname, port });
    this.addr = this.#listener.addr as Deno.NetAddr;
    this.#sweep = setInterval(() => this.#look(), SWEEP_MS);
    this.#accept();
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * Where a connection comes from that the server sees under a port of the
   * loopback; undefined if it did not come through the gate.
   */
  addressOf(port: number): string | undefined {
    return this.#byPort.get(port)?.address;
  }

  /**
   * False if frames of a connection would pass unseen: a WebSocket has to be
   * asked for by the first request.
   */
  watches(port: number): boolean {
    return this.#byPort.get(port)?.watched ?? false;
  }

  /** The server has refused the WebSocket of the connection that it sees at `port`. */
  unwatch(port: number): void {
    this.#byPort.get(port)?.unwatch();
  }

  /** The server begins to answer a request; `completed` resolves at its end. */
  answering(port: number, completed: Promise<void>): void {
    this.#byPort.get(port)?.answering(completed);
  }

  /** Lets nobody in any more. */
  closeListener(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  /** Cuts off everybody. */
  close(): void {
    this.closeListener();
    clearInterval(this.#sweep);
    for (const connection of [...this.#connections]) connection.close();
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#enter(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        // It was reset before it was let in: the next one has nothing to do with it.
        if (GONE.some((gone) => error instanceof gone)) continue;
        // Out of file descriptors: those who are inside go on.
        this.#options.onRefuse?.("cannot accept");
        await new Promise((wake) => setTimeout(wake, RETRY_MS));
      }
    }
  }

  #enter(client: Deno.TcpConn): void {
    const { limits, serverPort, onRefuse } = this.#options;
    const address = client.remoteAddr.hostname;
    const same = this.#byAddress.get(address) ?? 0;
    const why = this.#connections.size >= limits.connections
      ? "too many connections"
      : same >= limits.connectionsPerAddress
      ? "too many connections of one address"
      : null;
    if (why !== null) {
      onRefuse?.(why);
      return client.close();
    }
    this.#byAddress.set(address, same + 1);
    const connection = new GateConnection(client, {
      ...{ address, limits, serverPort },
      onServerPort: (port) => this.#byPort.set(port, connection),
      onClose: (cut) => {
        if (cut !== null) onRefuse?.(cut);
        this.#leave(connection);
      },
    });
    this.#connections.add(connection);
    connection.run();
  }

  #leave(connection: GateConnection): void {
    this.#connections.delete(connection);
    const { address, serverPort } = connection;
    if (serverPort !== null) this.#byPort.delete(serverPort);
    const rest = this.#byAddress.get(address)! - 1;
    if (rest > 0) this.#byAddress.set(address, rest);
    else this.#byAddress.delete(address);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const connection of [...this.#connections]) connection.look(nowMs);
  }
}
