/**
 * The WebSocket route and everybody who is connected.
 *
 * @module
 */
import { PROTOCOL } from "../protocol/mod.ts";
import { errorText, incidentId } from "../session/refusal.ts";
import { Router } from "../session/router.ts";
import type { Service } from "../session/service.ts";
import { Session } from "../session/session.ts";
import { problem } from "./problem.ts";

/** A connection that shows no life for so long is closed, in seconds. */
const IDLE_SECONDS = 30;

/** Somebody who is connected, in whatever words. */
export interface Peer {
  /** Greets the client. */
  hello(): void;
  /** Takes the payload of one WebSocket message. */
  receive(data: unknown): void | Promise<void>;
  /** Says that the server stops; closes as soon as nothing plays. */
  drain(deadlineMs: number): void;
  /** Ends all streams and closes. */
  stop(): void;
  /** The client has gone. */
  closed(): void;
}

/** Makes a peer of a socket. */
export type Meet = (socket: WebSocket, service: Service) => Peer;

/** All open connections. */
export class Connections {
  readonly #service: Service;
  readonly #peers = new Set<Peer>();
  /** When the server stops (performance.now clock), once that is known. */
  #deadlineMs: number | null = null;
  #none: PromiseWithResolvers<void> | null = null;

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * Answers `GET /v1/stream`.
   *
   * @param service As the holder of the request's key sees it.
   */
  upgrade(request: Request, service = this.#service): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return problem({
        code: "unsupported",
        status: 426,
        detail: `This is a WebSocket, subprotocol ${PROTOCOL}`,
        headers: { upgrade: "websocket", connection: "upgrade" },
      });
    }
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    const names = offered.split(",").map((name) => name.trim()).filter(Boolean);
    if (names.length > 0 && !names.includes(PROTOCOL)) {
      return problem({
        code: "unsupported",
        status: 400,
        detail: `Subprotocols "${
          names.join(", ")
        }" are unknown, accepted: ${PROTOCOL}`,
      });
    }
    // Naming a subprotocol that was not offered would fail the handshake.
    const protocol = names.length > 0 ? { protocol: PROTOCOL } : {};
    return this.#open(request, protocol, (socket) => meet(socket, service));
  }

  /** Answers a WebSocket of another protocol. */
  upgradeOther(request: Request, service: Service, meet: Meet): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return problem({
        code: "unsupported",
        status: 426,
        detail: "This is a WebSocket",
        headers: { upgrade: "websocket", connection: "upgrade" },
      });
    }
    return this.#open(request, {}, (socket) => meet(socket, service));
  }

  /** Tells everybody that the server stops; resolves when all have gone. */
  drain(deadlineMs: number): Promise<void> {
    this.#deadlineMs = performance.now() + deadlineMs;
    this.#none ??= Promise.withResolvers();
    for (const peer of [...this.#peers]) peer.drain(deadlineMs);
    if (this.#peers.size === 0) this.#none.resolve();
    return this.#none.promise;
  }

  /** Ends all streams and closes all connections. */
  stop(): void {
    for (const peer of [...this.#peers]) peer.stop();
  }

  #open(
    request: Request,
    options: { protocol?: string },
    meet: (socket: WebSocket) => Peer,
  ): Response {
    try {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: IDLE_SECONDS,
        ...options,
      });
      this.#attach(socket, meet(socket));
      return response;
    } catch (error) {
      const detail = `Cannot open the WebSocket: ${(error as Error).message}`;
      return problem({ code: "bad_message", detail });
    }
  }

  #attach(socket: WebSocket, peer: Peer): void {
    socket.binaryType = "arraybuffer";
    socket.onopen = this.#guarded(() => this.#enter(peer));
    socket.onmessage = this.#guarded(({ data }: MessageEvent) =>
      peer.receive(data)
    );
    socket.onclose = this.#guarded(() => this.#leave(peer));
    // What a broken connection does is close; there is nobody to tell.
    socket.onerror = (event) => event.preventDefault();
  }

  #enter(peer: Peer): void {
    this.#peers.add(peer);
    this.#service.telemetry.sessions.inc();
    peer.hello();
    if (this.#deadlineMs === null) return;
    peer.drain(Math.max(0, this.#deadlineMs - performance.now()));
  }

  #leave(peer: Peer): void {
    peer.closed();
    if (!this.#peers.delete(peer)) return;
    this.#service.telemetry.sessions.dec();
    if (this.#peers.size === 0) this.#none?.resolve();
  }

  /** An exception in a WebSocket callback would end the process. */
  #guarded<E>(handle: (event: E) => void | Promise<void>): (event: E) => void {
    return async (event) => {
      try {
        await handle(event);
      } catch (thrown) {
        this.#service.log.error("internal error", {
          incident: incidentId(),
          error: errorText(thrown),
        });
      }
    };
  }
}

/** A client of prestissimo.v1. */
function meet(socket: WebSocket, service: Service): Peer {
  const session = new Session(socket, service);
  const router = new Router(session, service.telemetry);
  return {
    hello: () => session.hello(),
    receive: (data) => router.receive(data),
    drain: (deadlineMs) => session.drain(deadlineMs),
    stop: () => session.stop(),
    closed: () => session.closed(),
  };
}
