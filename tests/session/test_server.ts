/**
 * A real server on a real socket, and a client that remembers everything.
 *
 * @module
 */
import * as v from "valibot";
import { type AppOptions, createApp } from "../../lib/app.ts";
import type { GateLimits } from "../../lib/http/gate.ts";
import { listen } from "../../lib/http/listen.ts";
import { createLog } from "../../lib/log.ts";
import {
  type AudioFrame,
  decodeAudioFrame,
  PROTOCOL,
  ServerMessage,
} from "../../lib/protocol/mod.ts";
import { FakeEngine, type SineSettings, sineStreams } from "../fakes.ts";

/** What may be different from the usual. */
export interface TestServerOptions extends Partial<Omit<AppOptions, "config">> {
  config?: Partial<AppOptions["config"]>;
  /** What strangers can hold; null = no gate. */
  gate?: GateLimits | null;
  sine?: SineSettings;
}

/** Starts a server of sine streams on a free port of the loopback. */
export function startServer(options: TestServerOptions = {}) {
  const { config, sine, gate = null, ...rest } = options;
  const refused: string[] = [];
  const lines: string[] = [];
  const streams = sineStreams(sine);
  const app = createApp({
    engine: new FakeEngine(),
    createStream: streams,
    log: createLog("json", (line) => lines.push(line)),
    ...rest,
    config: {
      apiKeys: [],
      allowedOrigins: [],
      maxStreams: 16,
      maxStreamsPerConnection: 8,
      maxListeners: 1000,
      ...config,
    },
  });
  const listening = listen(app.fetch, {
    ...{ host: "127.0.0.1", port: 0, gate },
    onRefuse: (why) => refused.push(why),
  });
  const { url } = listening;
  return {
    app,
    url,
    wsUrl: `${url.replace("http", "ws")}/v1/stream`,
    port: Number(new URL(url).port),
    listening,
    /** Why the gate cut connections off. */
    refused,
    /** What was logged. */
    lines,
    /** Streams that were made. */
    streams: streams.made,
    [Symbol.asyncDispose]: () => listening.shutdown(),
  };
}

/** Everything that came, in order. */
export type Heard = ServerMessage | (AudioFrame & { type: "frame" });
type OfType<T extends Heard["type"]> = Extract<Heard, { type: T }>;

/** A client on a WebSocket. Every message is checked against the schema. */
export class TestClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly heard: Heard[] = [];
  /** When each came (performance.now clock). */
  readonly times: number[] = [];
  readonly closed: Promise<CloseEvent>;
  #changed = Promise.withResolvers<void>();
  #taken = 0;

  constructor(url: string, protocols: string | string[] = PROTOCOL) {
    this.socket = new WebSocket(url, protocols);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.#hear(data);
    this.closed = new Promise((resolve) => {
      this.socket.onclose = (event) => {
        resolve(event);
        this.#wake();
      };
    });
  }

  /** Frames that came. */
  get frames(): OfType<"frame">[] {
    return this.all("frame");
  }

  /** Everything of one type that came. */
  all<T extends Heard["type"]>(type: T): OfType<T>[] {
    return this.heard.filter((one): one is OfType<T> => one.type === type);
  }

  /** Sends a message, or text as it is; waits for the connection to open. */
  send(message: unknown): void {
    const text = typeof message === "string"
      ? message
      : JSON.stringify(message);
    if (this.socket.readyState !== WebSocket.CONNECTING) {
      return this.socket.send(text);
    }
    this.socket.addEventListener("open", () => this.socket.send(text));
  }

  /** The next message of a type that has not been taken; what is before it is skipped. */
  async next<T extends Heard["type"]>(
    type: T,
    accept: (one: OfType<T>) => boolean = () => true,
  ): Promise<OfType<T>> {
    const timer = setTimeout(() => this.socket.close(), 10_000);
    for (;;) {
      while (this.#taken < this.heard.length) {
        const one = this.heard[this.#taken++]!;
        if (one.type === type && accept(one as OfType<T>)) {
          clearTimeout(timer);
          return one as OfType<T>;
        }
      }
      if (this.socket.readyState === WebSocket.CLOSED) {
        clearTimeout(timer);
        throw new Error(
          `Closed without "${type}", heard: ${this.heard.map((h) => h.type)}`,
        );
      }
      await this.#changed.promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #hear(data: string | ArrayBuffer): void {
    this.times.push(performance.now());
    this.heard.push(
      typeof data === "string"
        ? v.parse(ServerMessage, JSON.parse(data))
        : { ...decodeAudioFrame(data)!, type: "frame" },
    );
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A start message of one second, changed by `fields`. */
export function start(fields: Record<string, unknown> = {}) {
  return {
    type: "start",
    stream: "a",
    prompts: [{ text: "a sine" }],
    duration: { seconds: 1 },
    ...fields,
  };
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
