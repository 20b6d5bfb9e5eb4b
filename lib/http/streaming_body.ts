/**
 * A body that is made as it is read.
 *
 * @module
 */
import { errorText, incidentId } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Body that may wait unread, in bytes. */
const BUFFER_BYTES = 1 << 16;

/** Options of {@linkcode streamingBody}. */
export interface StreamingBodyOptions {
  /** Aborted if nobody wants the rest: what is thrown then is no fault. */
  signal: AbortSignal;
  service: Pick<Service, "log" | "telemetry">;
  /** The client has gone. */
  onCancel: () => void;
  /** Called when the body ends, however it ends; perhaps more than once. */
  onEnd: () => void;
}

/**
 * Makes a body of chunks, of which the first has been made already.
 */
export function streamingBody(
  first: IteratorResult<Bytes, void>,
  chunks: AsyncGenerator<Bytes, void>,
  { signal, service, onCancel, onEnd }: StreamingBodyOptions,
): ReadableStream<Bytes> {
  const { telemetry, log } = service;
  let ready: IteratorResult<Bytes, void> | null = first;

  async function pull(
    controller: ReadableStreamDefaultController<Bytes>,
  ): Promise<void> {
    const { value, done } = ready ?? await chunks.next();
    ready = null;
    if (done) {
      onEnd();
      return controller.close();
    }
    telemetry.bytes.inc({ transport: "http" }, value.byteLength);
    controller.enqueue(value);
  }

  // The connection breaks off, so that nobody takes a part for the whole. Deno
  // prints the reason: a text is one line, an error would be a stack trace.
  function breakOff(thrown: unknown): string {
    onEnd();
    if (signal.aborted) return "a body breaks off: it is not wanted any more";
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
