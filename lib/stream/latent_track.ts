/**
 * The latent frames of a stream that are still needed: what is not heard yet,
 * and the history that new blocks and the decoder look back on.
 *
 * @module
 */

/** Latent frames with consecutive indices. */
export class LatentTrack {
  #frames: Float32Array[] = [];
  #first: number;

  /** @param first Index of the first frame that will be appended. */
  constructor(first: number) {
    this.#first = first;
  }

  /** Index of the oldest frame kept. */
  get first(): number {
    return this.#first;
  }

  /** Index after the newest frame. */
  get end(): number {
    return this.#first + this.#frames.length;
  }

  /** Appends frames, row-major (frames, channels). */
  append(latents: Float32Array, channels: number): void {
    for (let at = 0; at < latents.length; at += channels) {
      this.#frames.push(latents.slice(at, at + channels));
    }
  }

  /** Frames [from, to), row-major; they must be kept. */
  slice(from: number, to: number, channels: number): Float32Array {
    const out = new Float32Array((to - from) * channels);
    for (let n = from; n < to; n++) {
      out.set(this.#frames[n - this.#first]!, (n - from) * channels);
    }
    return out;
  }

  /** Drops frames from index `end` on. */
  truncate(end: number): void {
    this.#frames.splice(Math.max(0, end - this.#first));
  }

  /** Forgets frames before index `first`. */
  forget(first: number): void {
    const count = Math.min(this.#frames.length, first - this.#first);
    if (count <= 0) return;
    this.#frames.splice(0, count);
    this.#first += count;
  }
}
