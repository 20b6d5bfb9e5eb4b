/**
 * A server that a test scripts: it greets, and hands on what clients say.
 *
 * @module
 */
import { SERVER_EXAMPLES } from "../../lib/protocol/examples.ts";
import {
  type ClientMessage,
  encodeAudioFrame,
  parseClientMessage,
  PROTOCOL,
  type ServerMessage,
} from "../../lib/protocol/mod.ts";

/** One connection, seen from the server. */
export class FakePeer {
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: ServerMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends `count` frames of one byte, the frame's seq. */
  sendFrames(handle: number, count: number): void {
    for (let seq = 0; seq < count; seq++) {
      const header = {
        last: seq === count - 1,
        discontinuity: false,
        handle,
        seq,
        sample: seq * 960,
        beat: seq / 10,
      };
      this.socket.send(encodeAudioFrame(header, new Uint8Array([seq])));
    }
  }
}

/** What answers a message. */
export type Script = (message: ClientMessage, peer: FakePeer) => void;

/** Serves `script` on a free port until disposed. */
export function fakeServer(script: Script) {
  const urls: URL[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      urls.push(new URL(request.url));
      const { socket, response } = Deno.upgradeWebSocket(request, {
        protocol: PROTOCOL,
      });
      const peer = new FakePeer(socket);
      socket.onopen = () => peer.send(SERVER_EXAMPLES.hello);
      socket.onmessage = ({ data }) => {
        const result = parseClientMessage(data);
        if (result.ok) script(result.message, peer);
        else peer.send(result.error);
      };
      return response;
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    /** Addresses that clients have asked for. */
    urls,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** The example of a server message, about this stream and answering this message. */
export function answer<T extends ServerMessage["type"]>(
  type: T,
  to: ClientMessage,
  changes: Record<string, unknown> = {},
): ServerMessage {
  return {
    ...SERVER_EXAMPLES[type],
    ...("stream" in to && { stream: to.stream }),
    reply_to: to.event_id,
    ...changes,
  } as ServerMessage;
}
