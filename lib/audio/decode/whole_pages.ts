/**
 * Ogg files that end too early.
 *
 * @module
 */

const HEADER_BYTES = 27;
const PATTERN = new TextEncoder().encode("OggS");

/**
 * A file without the page in whose middle it ends: decoders take what is missing
 * for music. Other files, and what is no page, are left as they are.
 */
export function wholePages(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let at = 0;
  while (at < bytes.length) {
    const pattern = bytes.subarray(at, at + PATTERN.length);
    if (pattern.some((byte, i) => byte !== PATTERN[i])) return bytes;
    const segments = bytes[at + HEADER_BYTES - 1];
    if (segments === undefined) break;
    const dataAt = at + HEADER_BYTES + segments;
    const lacing = bytes.subarray(at + HEADER_BYTES, dataAt);
    const end = dataAt + lacing.reduce((sum, byte) => sum + byte, 0);
    if (lacing.length < segments || end > bytes.length) break;
    at = end;
  }
  return bytes.subarray(0, at);
}
