/**
 * Opens one socket and waits for the server to introduce itself.
 *
 * @module
 */
import { PROTOCOL } from "../protocol/limits.ts";
import type { HelloMessage } from "../protocol/server_messages.ts";
import { ConnectionClosedError } from "./errors.ts";

/** Where and as whom to connect. */
export interface SocketOptions {
  /** API key, if the server asks for one. */
  key?: string;
  /** Gives up connecting. */
  signal?: AbortSignal;
  /** Where there is no global one, such as in Node before 22. */
  // deno-lint-ignore no-explicit-any -- packages type their events each in its way
  WebSocket?: new (url: URL, protocols: string[]) => any;
}

/** A socket on which `hello` has come. */
export interface OpenSocket {
  socket: WebSocket;
  hello: HelloMessage;
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
 * Opens a socket.
 *
 * @throws {ConnectionClosedError} If the server is not there or refuses.
 * @throws {TypeError} If what answers does not speak this protocol, or there
 * is no WebSocket to open one with.
 * @throws {DOMException} AbortError if `signal` aborts first.
 */
export function openSocket(
  url: string | URL,
  { key, signal, WebSocket: Socket = globalThis.WebSocket }: SocketOptions,
): Promise<OpenSocket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (Socket === undefined) {
      throw new TypeError(
        "There is no WebSocket here: pass one as the option WebSocket, such " +
          'as that of the npm package "ws", or use Node 22 or newer',
      );
    }
    const socket: WebSocket = new Socket(socketUrl(url, key), [PROTOCOL]);
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
      const hello = greeting(data);
      if (hello) return resolve({ socket, hello });
      socket.close();
      reject(new TypeError(`Expected hello, got ${data}`));
    };
  });
}

/** The `hello` in a frame, or null if it is anything else. */
function greeting(data: unknown): HelloMessage | null {
  try {
    const message = JSON.parse(data as string);
    return message?.type === "hello" ? message : null;
  } catch {
    return null;
  }
}
