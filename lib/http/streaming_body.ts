/**
 * A body that is made as it is read.
 *
 * @module
 */
import { errorText, incidentId, Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A client that takes nothing for so long has gone, in ms. */
const MOST_STALL_MS = 60_000;

/** Body that may wait unread, in bytes. */
const BUFFER_BYTES = 1 << 16;

/** Options of {@linkcode streamingBody}. */
export interface StreamingBodyOptions {
  /** Aborted if nobody wants the rest: what is thrown then is no fault. */
  signal: AbortSignal;
  service: Pick<Service, "log" | "telemetry">;
  /** The client has gone. */
  onCancel: () => void;
  /** Told what comes next. */
  onWait?: (waitsFor: "music" | "client") => void;
  /** Called when the body ends, however it ends; perhaps more than once. */
  onEnd: () => void;
  /** A client that takes nothing for so long has gone, in ms. */
  stallMs?: number;
}

/**
 * Makes a body of chunks, of which the first has been made already.
 */
export function streamingBody(
  first: IteratorResult<Bytes, void>,
  chunks: AsyncGenerator<Bytes, void>,
  options: StreamingBodyOptions,
): ReadableStream<Bytes> {
  const { signal, service, onCancel, stallMs = MOST_STALL_MS } = options;
  const { telemetry, log } = service;
  let stalled: ReturnType<typeof setTimeout> | undefined;
  function onEnd(): void {
    clearTimeout(stalled);
    options.onEnd();
  }
  let ready: IteratorResult<Bytes, void> | null = first;

  async function pull(
    controller: ReadableStreamDefaultController<Bytes>,
  ): Promise<void> {
    clearTimeout(stalled);
    options.onWait?.("music");
    const { value, done } = ready ?? await chunks.next();
    options.onWait?.("client");
    ready = null;
    if (done) {
      onEnd();
      return controller.close();
    }
    telemetry.bytes.inc({ transport: "http" }, value.byteLength);
    controller.enqueue(value);
    // The music behind a body that nobody reads would hold its place for ever.
    stalled = setTimeout(() => {
      onCancel();
      controller.error(breakOff(null));
      telemetry.slowClients.inc();
      chunks.return().catch(() => {});
    }, stallMs);
  }

  // The connection breaks off, so that nobody takes a part for the whole. Deno
  // prints the reason: a text is one line, an error would be a stack trace.
  function breakOff(thrown: unknown): string {
    onEnd();
    if (signal.aborted) return "a body breaks off: it is not wanted any more";
    if (thrown instanceof Refusal) {
      telemetry.errors.inc({ code: thrown.code });
      return `a body breaks off: ${thrown.message}`;
    }
    const incident = incidentId();
    telemetry.errors.inc({ code: "internal" });
    log.error("internal error", { incident, error: errorText(thrown) });
    return `a body breaks off: incident ${incident}`;
  }

  return new ReadableStream<Bytes>({
    pull: (controller) =>
      pull(controller).catch((thrown) => controller.error(breakOff(thrown))),
    async cancel() {
      onCancel();
      onEnd();
      telemetry.cancels.inc({ by: "client" });
      await chunks.return();
    },
  }, { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk.byteLength });
}
