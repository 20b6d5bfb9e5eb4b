/**
 * What gateways and workers say to each other over NATS: a head of JSON, then
 * arrays of float32.
 *
 * u32 length of the head, the head, zeros up to a multiple of 4, the arrays one
 * after the other; all little-endian, as every platform that Deno runs on is.
 *
 * @module
 */

/** What NATS carries in one message unless its server is told otherwise, in bytes. */
export const MOST_BYTES = 1_048_576;

/** A message taken apart. */
export interface Parcel<H = Record<string, unknown>> {
  head: H;
  arrays: Float32Array<ArrayBuffer>[];
}

/**
 * Puts a message together.
 *
 * @throws {RangeError} If it has more bytes than NATS takes.
 */
export function pack(
  head: object,
  arrays: readonly Float32Array[] = [],
): Uint8Array {
  const lengths = arrays.map(({ length }) => length);
  const text = new TextEncoder().encode(JSON.stringify({ ...head, lengths }));
  const start = 4 * Math.ceil((4 + text.length) / 4);
  const floats = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = new Uint8Array(start + 4 * floats);
  if (bytes.length > MOST_BYTES) {
    throw new RangeError(
      `Cannot send ${bytes.length} bytes over NATS: at most ${MOST_BYTES}`,
    );
  }
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = start;
  for (const array of arrays) {
    const raw = new Uint8Array(
      array.buffer,
      array.byteOffset,
      array.byteLength,
    );
    bytes.set(raw, at);
    at += raw.length;
  }
  return bytes;
}

/**
 * Takes a message apart.
 *
 * @throws {RangeError} If it is none.
 */
export function unpack<H>(bytes: Uint8Array): Parcel<H> {
  // Where it lies in memory is nothing that a view of floats could begin at
  // (and `slice` of what Node calls a buffer is no copy).
  const own = new Uint8Array(bytes);
  const broken = () => new RangeError(`${own.length} bytes are no message`);
  if (own.length < 4) throw broken();
  const length = new DataView(own.buffer).getUint32(0, true);
  const start = 4 * Math.ceil((4 + length) / 4);
  if (start > own.length) throw broken();
  const text = new TextDecoder().decode(own.subarray(4, 4 + length));
  const { lengths, ...head } = parse(text);
  if (!Array.isArray(lengths)) throw broken();
  let at = start;
  const arrays = lengths.map((count) => {
    const end = at + 4 * count;
    if (!Number.isInteger(count) || count < 0 || end > own.length) {
      throw broken();
    }
    const array = new Float32Array(own.buffer, at, count);
    at = end;
    return array;
  });
  return { head: head as H, arrays };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new RangeError("The head of a message is no JSON object");
}
