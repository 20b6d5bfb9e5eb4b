/**
 * Watches what a client sends on a WebSocket, without changing it: the runtime
 * keeps frames and fragments of any number in memory until a message is whole.
 *
 * @module
 */

const MASK_BYTES = 4;

/** What a client may send on one connection. */
export interface FrameLimits {
  /** Bytes of one message, over all its fragments. */
  messageBytes: number;
  /** Frames a second in the long run, pings included. */
  framesPerSecond: number;
  /** Frames at once. */
  burst: number;
}

/** Frames (RFC 6455 section 5.2) as they pass, cut anywhere. */
export class FrameWatch {
  readonly #limits: FrameLimits;
  /** Bytes of a frame's head that have come. */
  readonly #head = new Uint8Array(10);
  #headBytes = 0;
  /** Bytes of mask and payload that are to be let pass. */
  #passBytes = 0;
  /** Bytes of the message so far. */
  #messageBytes = 0;
  #tokens: number;
  #filledMs: number;

  constructor(limits: FrameLimits, nowMs = performance.now()) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#filledMs = nowMs;
  }

  /**
   * False if the client is to be cut off: it breaks a limit, or a rule of the
   * protocol that the runtime does not hold it to.
   */
  accepts(bytes: Uint8Array, nowMs = performance.now()): boolean {
    for (let at = 0; at < bytes.length;) {
      const pass = Math.min(this.#passBytes, bytes.length - at);
      this.#passBytes -= pass;
      at += pass;
      if (at === bytes.length) return true;
      this.#head[this.#headBytes++] = bytes[at++]!;
      if (this.#headBytes === this.#headLength() && !this.#frame(nowMs)) {
        return false;
      }
    }
    return true;
  }

  #headLength(): number {
    if (this.#headBytes < 2) return 2;
    const length = this.#head[1]! & 0x7f;
    return length === 127 ? 10 : length === 126 ? 4 : 2;
  }

  #frame(nowMs: number): boolean {
    this.#headBytes = 0;
    const [first, second] = this.#head;
    const view = new DataView(this.#head.buffer);
    const short = second! & 0x7f;
    const length = short === 127
      ? Number(view.getBigUint64(2))
      : short === 126
      ? view.getUint16(2)
      : short;
    // Clients have to mask (RFC 6455 section 5.1).
    if ((second! & 0x80) === 0) return false;
    this.#passBytes = length + MASK_BYTES;
    const { messageBytes, framesPerSecond, burst } = this.#limits;
    const filled = (nowMs - this.#filledMs) / 1000 * framesPerSecond;
    this.#tokens = Math.min(burst, this.#tokens + filled) - 1;
    this.#filledMs = nowMs;
    if (this.#tokens < 0) return false;
    // Control frames come between fragments and are no part of the message.
    if ((first! & 0x0f) >= 8) return length <= 125;
    this.#messageBytes += length;
    if (this.#messageBytes > messageBytes) return false;
    const final = (first! & 0x80) !== 0;
    if (final) this.#messageBytes = 0;
    return true;
  }
}
