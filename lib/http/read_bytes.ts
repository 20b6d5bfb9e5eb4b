/**
 * Binary bodies of limited length and time.
 *
 * @module
 */
import { Refusal } from "../session/refusal.ts";
import { orAbort } from "../session/wait.ts";

/**
 * Reads the body of a request.
 *
 * @throws {Refusal} `message_too_big` as soon as there are more than `maxBytes`,
 * `slow_client` if they do not come within `maxMs`.
 */
export async function readBytes(
  request: Request,
  { maxBytes, maxMs }: { maxBytes: number; maxMs: number },
): Promise<Uint8Array<ArrayBuffer>> {
  // What says that it is too big need not be read.
  if (Number(request.headers.get("content-length")) > maxBytes) {
    throw tooBig(maxBytes);
  }
  const late = AbortSignal.timeout(maxMs);
  try {
    return await orAbort(readAll(request, maxBytes), late);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown;
    if (late.aborted) {
      const message = `The body did not come within ${maxMs} ms`;
      throw new Refusal("slow_client", message);
    }
    // The client has left: nobody hears this, and it is no fault of the server.
    throw new Refusal("bad_message", "The body broke off");
  }
}

async function readAll(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooBig(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooBig(maxBytes: number): Refusal {
  const message = `The body is too big, accepted: ${maxBytes} bytes`;
  return new Refusal("message_too_big", message);
}
