/**
 * Bodies of limited length.
 *
 * @module
 */
import { Refusal } from "../session/refusal.ts";

/**
 * Reads the body of a request.
 *
 * @param maxBytes Most bytes that are read.
 * @throws {Refusal} `message_too_big` as soon as there are more.
 */
export async function readText(
  request: Request,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      const message = `The body is too big, accepted: ${maxBytes} bytes`;
      throw new Refusal("message_too_big", message);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
