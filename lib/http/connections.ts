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

/** All open connections. */
export class Connections {
  readonly #service: Service;
  readonly #sessions = new Set<Session>();
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
    try {
      const { socket, response } = Deno.upgradeWebSocket(request, {
        idleTimeout: IDLE_SECONDS,
        // Naming a subprotocol that was not offered would fail the handshake.
        ...(names.length > 0 && { protocol: PROTOCOL }),
      });
      this.#attach(socket, service);
      return response;
    } catch (error) {
      const detail = `Cannot open the WebSocket: ${(error as Error).message}`;
      return problem({ code: "bad_message", detail });
    }
  }

  /** Tells everybody that the server stops; resolves when all have gone. */
  drain(deadlineMs: number): Promise<void> {
    this.#deadlineMs = performance.now() + deadlineMs;
    this.#none ??= Promise.withResolvers();
    for (const session of [...this.#sessions]) session.drain(deadlineMs);
    if (this.#sessions.size === 0) this.#none.resolve();
    return this.#none.promise;
  }

  /** Ends all streams and closes all connections. */
  stop(): void {
    for (const session of [...this.#sessions]) session.stop();
  }

  #attach(socket: WebSocket, service: Service): void {
    const { telemetry } = service;
    socket.binaryType = "arraybuffer";
    const session = new Session(socket, service);
    const router = new Router(session, telemetry);
    socket.onopen = this.#guarded(() => this.#enter(session));
    socket.onmessage = this.#guarded(({ data }: MessageEvent) =>
      router.receive(data)
    );
    socket.onclose = this.#guarded(() => this.#leave(session));
    // What a broken connection does is close; there is nobody to tell.
    socket.onerror = (event) => event.preventDefault();
  }

  #enter(session: Session): void {
    this.#sessions.add(session);
    this.#service.telemetry.sessions.inc();
    session.hello();
    if (this.#deadlineMs === null) return;
    session.drain(Math.max(0, this.#deadlineMs - performance.now()));
  }

  #leave(session: Session): void {
    session.closed();
    if (!this.#sessions.delete(session)) return;
    this.#service.telemetry.sessions.dec();
    if (this.#sessions.size === 0) this.#none?.resolve();
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
