/**
 * Finished clips in memory; the one that nobody has asked for longest gives way.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A clip and what was said of it. */
export interface KeptClip {
  bytes: Bytes;
  headers: Record<string, string>;
}

/** How much is kept, in bytes. */
const MOST_BYTES = 64 << 20;
/** A clip that is larger is not kept. */
const MOST_CLIP_BYTES = 16 << 20;

/** Clips by name. */
export class ClipCache {
  readonly #mostBytes: number;
  /** In the order of their last use. */
  readonly #clips = new Map<string, KeptClip>();
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A clip, if it is kept. */
  get(name: string): KeptClip | undefined {
    const clip = this.#clips.get(name);
    if (clip === undefined) return undefined;
    this.#clips.delete(name);
    this.#clips.set(name, clip);
    return clip;
  }

  /** Passes a body on, and keeps it if it comes to its end. */
  keeping(
    name: string,
    body: ReadableStream<Bytes>,
    headers: Record<string, string>,
  ): ReadableStream<Bytes> {
    const parts: Bytes[] = [];
    let length = 0;
    const collect = new TransformStream<Bytes, Bytes>({
      transform: (part, controller) => {
        length += part.length;
        if (length <= MOST_CLIP_BYTES) parts.push(part);
        else parts.length = 0;
        controller.enqueue(part);
      },
      flush: () => {
        if (length > MOST_CLIP_BYTES) return;
        const bytes = new Uint8Array(length);
        let at = 0;
        for (const part of parts) {
          bytes.set(part, at);
          at += part.length;
        }
        this.#add(name, { bytes, headers });
      },
    });
    return body.pipeThrough(collect);
  }

  #add(name: string, clip: KeptClip): void {
    this.#remove(name);
    this.#clips.set(name, clip);
    this.#bytes += clip.bytes.length;
    while (this.#bytes > this.#mostBytes) {
      this.#remove(this.#clips.keys().next().value!);
    }
  }

  #remove(name: string): void {
    this.#bytes -= this.#clips.get(name)?.bytes.length ?? 0;
    this.#clips.delete(name);
  }
}
