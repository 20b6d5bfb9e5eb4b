/**
 * Arrays in one buffer. It is transferred to the worker with a request and comes
 * back with the reply, so that inputs cost no memory of their own per call.
 *
 * @module
 */

/** Arrays one after the other in a buffer that may be longer. */
export interface Packed {
  buffer: ArrayBuffer;
  /** Values of each array. */
  lengths: number[];
}

/**
 * Copies arrays into a buffer.
 *
 * @param buffer Used if it is long enough, else replaced; null for none yet.
 */
export function pack(
  arrays: readonly Float32Array[],
  buffer: ArrayBuffer | null,
): Packed {
  const lengths = arrays.map((array) => array.length);
  const large = roomFor(lengths, buffer);
  const all = new Float32Array(large);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return { buffer: large, lengths };
}

/** A buffer for arrays of so many values each: the given one if it is long enough. */
export function roomFor(
  lengths: readonly number[],
  buffer: ArrayBuffer | null,
): ArrayBuffer {
  const bytes = 4 * lengths.reduce((sum, length) => sum + length, 0);
  return buffer !== null && buffer.byteLength >= bytes
    ? buffer
    : new ArrayBuffer(bytes);
}

/** Views of the arrays. */
export function unpack(
  { buffer, lengths }: Packed,
): Float32Array<ArrayBuffer>[] {
  let at = 0;
  return lengths.map((length) => {
    const view = new Float32Array(buffer, at, length);
    at += view.byteLength;
    return view;
  });
}
