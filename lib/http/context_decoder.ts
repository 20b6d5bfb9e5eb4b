/**
 * Decodes users' clips in workers, a few at a time.
 *
 * @module
 */
import { BROKEN } from "../audio/decode/decode_error.ts";
import { Refusal } from "../session/refusal.ts";

/** Shortest and longest clip, in seconds. */
export const CLIP_SECONDS = { minSeconds: 0.5, maxSeconds: 30 } as const;

/** Files that are decoded at once. */
const MOST_AT_ONCE = 2;
/** A file that takes longer is given up, in ms. */
const MOST_MS = 20_000;
/** When a client that was turned away should try again, in ms. */
const RETRY_AFTER_MS = 1000;

/** To the worker. */
export interface DecodeRequest {
  bytes: Uint8Array<ArrayBuffer>;
  limits: { minSeconds: number; maxSeconds: number };
  /** Samples of the end that are wanted. */
  keepSamples: number;
  /** Tempo in beats a minute if it is known, else it is estimated. */
  bpm: number | null;
}

/** A decoded clip. */
export interface DecodedClip {
  /** Length at 48 kHz. */
  samples: number;
  /** The end of the left channel. */
  left: Float32Array;
  right: Float32Array;
  /** Tempo in beats a minute, or null if none was found. */
  bpm: number | null;
}

/** From the worker. */
export type DecodeReply =
  | { type: "decoded" } & DecodedClip
  | { type: "refused"; message: string; unknownKind: boolean };

/** The workers of one server. */
export class ContextDecoder {
  #busy = 0;

  /**
   * Decodes a file.
   *
   * @throws {Refusal} `unsupported` with status 415 if it is no audio file that
   * is known, `bad_message` if it is broken, too short, too long or takes too
   * long, `busy` if others are being decoded.
   */
  async decode(
    request: Omit<DecodeRequest, "limits">,
    signal: AbortSignal,
  ): Promise<DecodedClip> {
    if (this.#busy >= MOST_AT_ONCE) {
      throw new Refusal("busy", "Other clips are being decoded", {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    this.#busy++;
    try {
      const reply = await ask({ ...request, limits: CLIP_SECONDS }, signal);
      if (reply.type === "decoded") return reply;
      const { message, unknownKind } = reply;
      throw unknownKind
        ? new Refusal("unsupported", message, { status: 415 })
        : new Refusal("bad_message", message);
    } finally {
      this.#busy--;
    }
  }
}

/** Has a worker of its own answer one request. */
async function ask(
  request: DecodeRequest,
  signal: AbortSignal,
): Promise<DecodeReply> {
  signal.throwIfAborted();
  const url = new URL("./context_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<DecodeReply>();
  const giveUp = () => reject(signal.reason);
  const timer = setTimeout(() => {
    const seconds = MOST_MS / 1000;
    const message = `The file takes more than ${seconds} seconds to decode`;
    reject(new Refusal("bad_message", message));
  }, MOST_MS);
  signal.addEventListener("abort", giveUp, { once: true });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    // Without this an error in the worker ends the whole process.
    event.preventDefault();
    reject(new Refusal("bad_message", BROKEN));
  };
  worker.postMessage(request, [request.bytes.buffer]);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    worker.terminate();
  }
}
