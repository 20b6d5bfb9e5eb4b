/**
 * Google's own SDK, pointed at a server of ours.
 *
 * @module
 */
import {
  GoogleGenAI,
  type LiveMusicServerMessage,
  type LiveMusicSession,
} from "@google/genai";
import { assert } from "@std/assert";

/** A message as it comes: the SDK's types do not know of warnings. */
type Message = LiveMusicServerMessage & { warning?: string };

/** Where and as whom to connect. */
export interface SdkOptions {
  apiKey?: string;
  apiVersion?: string;
  model?: string;
}

/** How long anything is waited for, in ms. */
const PATIENCE_MS = 30_000;

/** A session of the SDK that remembers everything. */
export class SdkClient implements AsyncDisposable {
  readonly session: LiveMusicSession;
  readonly heard: Message[];
  readonly closed: Promise<{ code: number; reason: string }>;
  #changed: () => Promise<void>;

  private constructor(
    { session, heard, closed, changed }: {
      session: LiveMusicSession;
      heard: Message[];
      closed: SdkClient["closed"];
      changed: () => Promise<void>;
    },
  ) {
    this.session = session;
    this.heard = heard;
    this.closed = closed;
    this.#changed = changed;
  }

  /** Connects as an application does; resolves when the socket is open. */
  static async connect(
    baseUrl: string,
    { apiKey = "any", apiVersion, model = "models/lyria-realtime-exp" }:
      SdkOptions = {},
  ): Promise<SdkClient> {
    const httpOptions = { baseUrl, ...(apiVersion && { apiVersion }) };
    const ai = new GoogleGenAI({ apiKey, httpOptions });
    const heard: Message[] = [];
    let wake = Promise.withResolvers<void>();
    const notify = () => {
      wake.resolve();
      wake = Promise.withResolvers();
    };
    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    const failed = Promise.withResolvers<never>();
    const connecting = ai.live.music.connect({
      model,
      callbacks: {
        onmessage: (message: Message) => {
          heard.push(message);
          notify();
        },
        onerror: ({ message }) => failed.reject(new Error(message)),
        onclose: ({ code, reason }) => {
          closed.resolve({ code, reason });
          notify();
        },
      },
    });
    failed.promise.catch(() => {});
    const session = await Promise.race([connecting, failed.promise]);
    const changed = () => wake.promise;
    return new SdkClient({ session, heard, closed: closed.promise, changed });
  }

  /** Waits for what `find` finds among all that was heard. */
  async until<T>(find: () => T | null | undefined | false): Promise<T> {
    const late = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found) return found;
      assert(Date.now() < late, `heard ${JSON.stringify(this.warnings)}`);
      const timer = Promise.withResolvers<void>();
      const id = setTimeout(timer.resolve, 500);
      await Promise.race([this.#changed(), timer.promise]);
      clearTimeout(id);
    }
  }

  /** What was warned of. */
  get warnings(): string[] {
    return this.heard.flatMap(({ warning }) => warning ?? []);
  }

  /** Audio chunks that came. */
  get chunks() {
    return this.heard.flatMap(({ serverContent }) =>
      serverContent?.audioChunks ?? []
    );
  }

  /** The audio of all chunks, interleaved s16le. */
  pcm(): Uint8Array {
    const parts = this.chunks.map(({ data }) => Uint8Array.fromBase64(data!));
    const bytes = new Uint8Array(
      parts.reduce((n, { length }) => n + length, 0),
    );
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** Waits for a warning that contains `text`. */
  async warned(text: string): Promise<void> {
    await this.until(() => this.warnings.some((each) => each.includes(text)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.close();
    await this.closed;
  }
}
