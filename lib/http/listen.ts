/**
 * The socket of the server.
 *
 * @module
 */
import { Gate, type GateLimits } from "./gate.ts";
import { problem } from "./problem.ts";

/** Wait after the system had no file descriptor to give, in ms. */
const RETRY_MS = 100;

/** Where a request comes from. */
export interface From {
  /** IP address of the client. */
  address: string;
}

/** Answers a request. */
export type Answer = (
  request: Request,
  from: From,
) => Response | Promise<Response>;

/** Options of {@linkcode listen}. */
export interface ListenOptions {
  host: string;
  /** TCP port, 0 = any free one. */
  port: number;
  /** What strangers can hold; null = they do not reach the server. */
  gate?: GateLimits | null;
  /** Told why the gate did not let a connection in or cut it off. */
  onRefuse?: (why: string) => void;
}

/** A server that listens. */
export interface Listening {
  server: Deno.HttpServer<Deno.NetAddr>;
  /** The gate before it, or null. */
  gate: Gate | null;
  /** Where it is reached. */
  url: string;
  /** Lets requests end, then closes. */
  shutdown(): Promise<void>;
}

/**
 * Begins to answer requests.
 *
 * @throws {Error} If the address cannot be used; the message names it.
 */
export function listen(answer: Answer, options: ListenOptions): Listening {
  const { host, port, gate: limits = null } = options;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const hostname = name.replaceAll(/[[\]]/g, "");
  try {
    return limits === null
      ? listenDirectly(answer, { ...options, hostname, name })
      : listenBehind(answer, { ...options, hostname, name, limits });
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : (error as Error).message;
    throw new Error(`Cannot listen on http://${name}:${port}: ${why}`);
  }
}

function listenDirectly(
  answer: Answer,
  { hostname, port, name, onRefuse }: {
    hostname: string;
    port: number;
    name: string;
    onRefuse?: (why: string) => void;
  },
): Listening {
  let closed = false;
  const open = (port: number) => {
    // The URL is told by the caller, once, in one form.
    const server = Deno.serve(
      { hostname, port, onListen() {} },
      (request, { remoteAddr }) =>
        answer(request, { address: remoteAddr.hostname }),
    );
    server.finished.catch(() => again(server.addr.port));
    return server;
  };
  // Out of file descriptors the runtime lets nobody in any more, for good;
  // those who are inside go on.
  const again = async (port: number) => {
    onRefuse?.("cannot accept");
    while (!closed) {
      await new Promise((wake) => setTimeout(wake, RETRY_MS));
      try {
        current = open(port);
        return;
      } catch {
        // There is still none.
      }
    }
  };
  let current = open(port);
  const url = `http://${name}:${current.addr.port}`;
  return {
    server: current,
    gate: null,
    url,
    shutdown: () => {
      closed = true;
      return current.shutdown();
    },
  };
}

function listenBehind(
  answer: Answer,
  { hostname, port, name, limits, onRefuse }: {
    hostname: string;
    port: number;
    name: string;
    limits: GateLimits;
    onRefuse?: (why: string) => void;
  },
): Listening {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request, { remoteAddr, completed }) => {
      const address = gate.addressOf(remoteAddr.port);
      if (address === undefined) {
        const detail = "This port is the gate's own";
        return problem({ code: "unauthorized", status: 403, detail });
      }
      gate.answering(remoteAddr.port, completed);
      const wanted = request.headers.get("upgrade")?.toLowerCase();
      if (wanted !== "websocket" || gate.watches(remoteAddr.port)) {
        const response = await answer(request, { address });
        // Its clock runs again: who is refused may not stay.
        if (response.status !== 101) gate.unwatch(remoteAddr.port);
        return response;
      }
      const detail =
        "A WebSocket has to be asked for by the first request of a connection";
      return problem({ code: "unsupported", status: 400, detail });
    },
  );
  const gate: Gate = new Gate({
    ...{ hostname, port, serverPort: server.addr.port, limits },
    ...(onRefuse && { onRefuse }),
  });
  return {
    server,
    gate,
    url: `http://${name}:${gate.addr.port}`,
    async shutdown() {
      gate.closeListener();
      await server.shutdown();
      gate.close();
    },
  };
}
