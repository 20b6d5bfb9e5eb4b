/**
 * Opens a connection.
 *
 * @module
 */
import { Client } from "./client.ts";
import { openSocket, type SocketOptions } from "./open_socket.ts";
import { ATTEMPT_MS } from "./retry.ts";

/** How long a lost connection is sought unless said, in ms. */
const RECONNECT_MS = 60_000;

/** How to connect. */
export interface ConnectOptions extends SocketOptions {
  /**
   * How long to try to get a lost connection back, in ms; 60000 unless said,
   * 0 = not at all. The first connection is tried once.
   */
  reconnectMs?: number;
}

/**
 * Connects to a server and waits for its `hello`. A connection that is lost
 * later is opened again, and its streams go on where they were. Where the server
 * knows them no more a finite one that was not changed still does, and any other
 * begins anew, with the controls that were last in force. `disconnected` and
 * `hello` tell of it.
 *
 * @param url Where the server is, e.g. `http://127.0.0.1:8080`.
 * @throws {ConnectionClosedError} If the server is not there or refuses.
 * @throws {TypeError} If what answers does not speak this protocol, or there
 * is no WebSocket to open one with.
 * @throws {DOMException} AbortError if `signal` aborts first; TimeoutError if
 * what answers says nothing for ten seconds.
 *
 * @example
 * ```ts ignore
 * const client = await connect("http://127.0.0.1:8080");
 * const stream = client.play({ prompts: [{ text: "dub techno" }] });
 * for await (const packet of stream) console.log(packet.beat);
 * ```
 */
export async function connect(
  url: string | URL,
  options: ConnectOptions = {},
): Promise<Client> {
  const { reconnectMs = RECONNECT_MS, signal, ...again } = options;
  const limit = AbortSignal.timeout(ATTEMPT_MS);
  const first = signal ? AbortSignal.any([signal, limit]) : limit;
  return new Client(await openSocket(url, { ...again, signal: first }), {
    reconnectMs,
    open: (signal) => openSocket(url, { ...again, signal }),
  });
}
