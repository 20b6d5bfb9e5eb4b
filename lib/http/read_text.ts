/**
 * Text bodies of limited length and time.
 *
 * @module
 */
import { readBytes } from "./read_bytes.ts";

/** A body that takes longer is not waited for, in ms. */
const MOST_MS = 10_000;

/**
 * Reads the body of a request as UTF-8.
 *
 * @param maxBytes Most bytes that are read.
 * @throws {Refusal} As `readBytes` does.
 */
export async function readText(
  request: Request,
  maxBytes: number,
  maxMs = MOST_MS,
): Promise<string> {
  const bytes = await readBytes(request, { maxBytes, maxMs });
  return new TextDecoder().decode(bytes);
}
