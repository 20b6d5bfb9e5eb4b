/**
 * Decoded samples that nobody has read yet. They may still be voided.
 *
 * @module
 */

/** Stereo samples. */
export interface Stereo {
  left: Float32Array;
  right: Float32Array;
}

/** A queue of stereo samples with absolute positions. */
export class PcmQueue {
  #chunks: (Stereo & { start: number })[] = [];
  #start: number;
  #end: number;

  /** @param start Position of the first sample that will be read. */
  constructor(start: number) {
    this.#start = start;
    this.#end = start;
  }

  /** Position of the next sample to read. */
  get start(): number {
    return this.#start;
  }

  /** Position after the last sample. */
  get end(): number {
    return this.#end;
  }

  /** Appends samples; those before the queue's start are dropped. */
  push(left: Float32Array, right: Float32Array, start = this.#end): void {
    const skip = Math.max(0, this.#end - start);
    if (skip >= left.length) return;
    this.#chunks.push({
      start: start + skip,
      left: left.subarray(skip),
      right: right.subarray(skip),
    });
    this.#end = start + left.length;
  }

  /** Copies the samples of [from, to), which must be in the queue. */
  slice(from: number, to: number): Stereo {
    const left = new Float32Array(to - from);
    const right = new Float32Array(to - from);
    for (const chunk of this.#chunks) {
      const a = Math.max(from, chunk.start);
      const b = Math.min(to, chunk.start + chunk.left.length);
      if (a >= b) continue;
      left.set(chunk.left.subarray(a - chunk.start, b - chunk.start), a - from);
      right.set(
        chunk.right.subarray(a - chunk.start, b - chunk.start),
        a - from,
      );
    }
    return { left, right };
  }

  /** Takes the next `samples` samples out of the queue. */
  shift(samples: number): Stereo {
    const to = this.#start + samples;
    const taken = this.slice(this.#start, to);
    this.#start = to;
    while (
      this.#chunks[0] && this.#chunks[0].start + this.#chunks[0].left.length <=
        to
    ) this.#chunks.shift();
    return taken;
  }

  /** Voids everything from position `end` on. */
  truncate(end: number): void {
    this.#chunks = this.#chunks.filter((chunk) => chunk.start < end);
    const last = this.#chunks.at(-1);
    if (last && last.start + last.left.length > end) {
      last.left = last.left.subarray(0, end - last.start);
      last.right = last.right.subarray(0, end - last.start);
    }
    this.#end = Math.min(this.#end, end);
  }
}
