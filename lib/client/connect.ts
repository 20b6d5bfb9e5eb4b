/**
 * Opens a connection.
 *
 * @module
 */
import { PROTOCOL } from "../protocol/limits.ts";
import type { HelloMessage } from "../protocol/server_messages.ts";
import { Client } from "./client.ts";
import { ConnectionClosedError } from "./errors.ts";

/** How to connect. */
export interface ConnectOptions {
  /** API key, if the server asks for one. */
  key?: string;
  /** Gives up connecting. */
  signal?: AbortSignal;
  /** Where there is no global one, such as in Node before 22. */
  WebSocket?: typeof WebSocket;
}

/** The socket's address: http becomes ws, a bare host gets the path. */
function socketUrl(url: string | URL, key: string | undefined): URL {
  const result = new URL(url);
  result.protocol = result.protocol.replace(/^http/, "ws");
  if (result.pathname === "/") result.pathname = "/v1/stream";
  if (key !== undefined) result.searchParams.set("key", key);
  return result;
}

/**
 * Connects to a server and waits for its `hello`.
 *
 * @param url Where the server is, e.g. `http://127.0.0.1:8080`.
 * @throws {ConnectionClosedError} If the server is not there or refuses.
 * @throws {TypeError} If what answers does not speak this protocol.
 * @throws {DOMException} AbortError if `signal` aborts first.
 *
 * @example
 * ```ts ignore
 * const client = await connect("http://127.0.0.1:8080");
 * const stream = client.play({ prompts: [{ text: "dub techno" }] });
 * for await (const packet of stream) console.log(packet.beat);
 * ```
 */
export function connect(
  url: string | URL,
  options: ConnectOptions = {},
): Promise<Client> {
  const { key, signal, WebSocket: Socket = globalThis.WebSocket } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = new Socket(socketUrl(url, key), [PROTOCOL]);
    socket.binaryType = "arraybuffer";
    const abort = () => {
      reject(signal!.reason);
      socket.close();
    };
    signal?.addEventListener("abort", abort, { once: true });
    socket.onclose = ({ code, reason }) => {
      signal?.removeEventListener("abort", abort);
      reject(new ConnectionClosedError(code, reason));
    };
    // A close event with the code follows.
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => {
      signal?.removeEventListener("abort", abort);
      const hello = JSON.parse(data) as HelloMessage;
      if (hello.type === "hello") return resolve(new Client(socket, hello));
      socket.close();
      reject(new TypeError(`Expected hello, got ${data}`));
    };
  });
}
