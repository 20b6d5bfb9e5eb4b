/**
 * A client written against the protocol's page alone: nothing of it comes from
 * the server's own code, so that both cannot be wrong in the same way.
 *
 * @module
 */

/** A JSON message as it came. */
// deno-lint-ignore no-explicit-any
export type Message = Record<string, any> & { type: string };

/** A binary frame, taken apart by hand. */
export interface Frame {
  type: "frame";
  last: boolean;
  discontinuity: boolean;
  handle: number;
  seq: number;
  sample: number;
  beat: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** How long a client waits for anything, in ms. */
const PATIENCE_MS = 60_000;

function frameOf(data: ArrayBuffer): Frame | null {
  const view = new DataView(data);
  if (view.getUint8(0) !== 1) return null;
  return {
    type: "frame",
    last: (view.getUint8(1) & 1) === 1,
    discontinuity: (view.getUint8(1) & 2) === 2,
    handle: view.getUint16(2, true),
    seq: view.getUint32(4, true),
    sample: Number(view.getBigUint64(8, true)),
    beat: view.getFloat64(16, true),
    payload: new Uint8Array(data, 24),
  };
}

/** A connection that remembers everything, in the order in which it came. */
export class RawClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly heard: (Message | Frame)[] = [];
  readonly closed: Promise<CloseEvent>;
  #wake = Promise.withResolvers<void>();

  private constructor(url: string) {
    this.socket = new WebSocket(url, "prestissimo.v1");
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      const heard = typeof data === "string" ? JSON.parse(data) : frameOf(data);
      if (heard !== null) this.heard.push(heard);
      this.#notify();
    };
    this.closed = new Promise((resolve) => {
      this.socket.onclose = (event) => {
        resolve(event);
        this.#notify();
      };
    });
  }

  /** Connects, and waits for the greeting. */
  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(url);
    await client.until(() => client.heard.length > 0);
    return client;
  }

  /** Sends a message, or text as it is. */
  send(message: string | Record<string, unknown>): void {
    const text = typeof message === "string"
      ? message
      : JSON.stringify(message);
    this.socket.send(text);
  }

  /**
   * Waits for what `find` finds among all that was heard.
   *
   * @throws {Error} If the connection closes, or it takes too long.
   */
  async until<T>(
    find: () => T | false | null | undefined,
  ): Promise<T> {
    const timer = setTimeout(() => this.socket.close(), PATIENCE_MS);
    try {
      for (;;) {
        const found = find();
        if (found) return found as T;
        if (this.socket.readyState === WebSocket.CLOSED) {
          const last = JSON.stringify(this.heard.at(-1));
          throw new Error(`Closed before what was awaited, last was ${last}`);
        }
        await this.#wake.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The first message of a type with these fields. */
  next(type: string, fields: Record<string, unknown> = {}): Promise<Message> {
    const wanted = Object.entries(fields);
    return this.until(() =>
      this.messages(type).find((message) =>
        wanted.every(([name, value]) => message[name] === value)
      )
    );
  }

  /** Messages of one type. */
  messages(type: string): Message[] {
    return this.heard.filter((one): one is Message =>
      one.type === type && type !== "frame"
    );
  }

  /** Frames of one handle. */
  frames(handle: number): Frame[] {
    return this.heard.filter((one): one is Frame =>
      one.type === "frame" && one.handle === handle
    );
  }

  /** Waits until a stream has so many frames. */
  async framesOf(handle: number, count: number): Promise<Frame[]> {
    return await this.until(() => {
      const frames = this.frames(handle);
      return frames.length >= count && frames;
    });
  }

  /** Plays a finite stream to its end. */
  async play(start: Record<string, unknown>): Promise<Played> {
    const stream = start.stream ?? "a";
    this.send({ ...START, ...start, stream });
    const done = await this.until(() => {
      const fault = this.messages("error").find((m) => m.stream === stream);
      if (fault) throw new Error(JSON.stringify(fault));
      return this.messages("done").find((m) => m.stream === stream);
    });
    const started = this.messages("started").find((m) => m.stream === stream)!;
    const frames = this.frames(started.handle);
    return { started, done, frames, bytes: joined(frames) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** A finite stream that was heard to its end. */
export interface Played {
  started: Message;
  done: Message;
  frames: Frame[];
  /** All payloads, one after the other. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A start message that needs nothing more. */
export const START = {
  type: "start",
  stream: "a",
  prompts: [{ text: "warm house at 120 bpm" }],
  duration: { seconds: 1 },
};

/** Payloads of frames, one after the other. */
export function joined(frames: Frame[]): Uint8Array<ArrayBuffer> {
  const size = frames.reduce((sum, { payload }) => sum + payload.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { payload } of frames) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

/** Hex sha256. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Interleaved 16-bit samples of s16le bytes. */
export function s16(bytes: Uint8Array<ArrayBuffer>): Int16Array {
  return new Int16Array(bytes.slice().buffer);
}
