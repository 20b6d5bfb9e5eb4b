/**
 * Bodies of limited length and time.
 *
 * @module
 */
import { Refusal } from "../session/refusal.ts";
import { orAbort } from "../session/wait.ts";

/** A body that takes longer is not waited for, in ms. */
const MOST_MS = 10_000;

/**
 * Reads the body of a request.
 *
 * @param maxBytes Most bytes that are read.
 * @throws {Refusal} `message_too_big` as soon as there are more, `slow_client`
 * if they do not come within `maxMs`.
 */
export async function readText(
  request: Request,
  maxBytes: number,
  maxMs = MOST_MS,
): Promise<string> {
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

async function readAll(request: Request, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooBig(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooBig(maxBytes: number): Refusal {
  const message = `The body is too big, accepted: ${maxBytes} bytes`;
  return new Refusal("message_too_big", message);
}
