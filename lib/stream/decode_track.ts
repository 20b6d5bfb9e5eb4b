/**
 * Latents to PCM, window by window, with the decoder's state remembered at each
 * window, so that what is not heard yet can be made again from any frame.
 *
 * @module
 */
import type { DecoderState, Model, WorkOptions } from "../inference/engine.ts";
import type { LatentTrack } from "./latent_track.ts";
import type { Stereo } from "./pcm_queue.ts";

/** Latent frames of the first window since the start or a change: the least that is heard at once. */
const FIRST_WINDOW = 2;
/** Latent frames of the other windows: the decoder's left context is computed anew for each. */
const WINDOW = 24;

interface Window {
  first: number;
  end: number;
  /** Decoder state before the window. */
  before: DecoderState | null;
}

/** Where decoding begins. */
export interface DecoderStart {
  /** Index of the first latent frame to decode. */
  next: number;
  /** Decoder state before it. */
  state: DecoderState | null;
}

/** Decodes a latent track in order. */
export class DecodeTrack {
  #model: Model;
  #latents: LatentTrack;
  #origin: number;
  #last: number;
  #next: number;
  #state: DecoderState | null = null;
  /** Index of the next latent frame whose decoding is not begun, and the state before it. */
  #begun: number;
  #coming: Promise<DecoderState | null>;
  #windows: Window[] = [];
  #small = true;

  /**
   * @param origin Index of the first latent frame ever decoded.
   * @param last Index after the last one.
   * @param from What an earlier track's `before` gave, to go on from.
   */
  constructor(
    model: Model,
    latents: LatentTrack,
    { origin, last }: { origin: number; last: number },
    from: DecoderStart = { next: origin, state: null },
  ) {
    this.#model = model;
    this.#latents = latents;
    this.#origin = origin;
    this.#last = last;
    this.#next = from.next;
    this.#state = from.state;
    this.#begun = from.next;
    this.#coming = Promise.resolve(from.state);
  }

  /** Index of the next latent frame to decode. */
  get next(): number {
    return this.#next;
  }

  /** Index of the next latent frame whose decoding is not begun. */
  get begun(): number {
    return this.#begun;
  }

  /** True if there are latent frames whose decoding is not begun. */
  get behind(): boolean {
    return this.#begun < this.#end;
  }

  get #end(): number {
    return Math.min(this.#latents.end, this.#last);
  }

  async #run(
    first: number,
    end: number,
    state: DecoderState | null | Promise<DecoderState | null>,
    options: WorkOptions,
  ) {
    const { manifest } = this.#model;
    const index = first - this.#origin;
    const contextFrames = Math.min(index, manifest.decoder.context_frames);
    return await this.#model.decode({
      latents: this.#latents.slice(
        first - contextFrames,
        end,
        manifest.latent.channels,
      ),
      contextFrames,
      newFrames: end - first,
      index,
      state,
    }, options);
  }

  /**
   * Decodes the next window of what there is; its PCM begins at latent frame
   * `first`. The window after it may be begun meanwhile: windows end in order.
   */
  async decode(options: WorkOptions): Promise<Stereo & { first: number }> {
    const first = this.#begun;
    // Frames before sample 0 only prepare the decoder: they come with the first window.
    const small = Math.max(first, 0) - first + FIRST_WINDOW;
    const end = Math.min(
      this.#end,
      first + (this.#small ? small : WINDOW),
    );
    const coming = this.#coming;
    const output = this.#run(first, end, coming, options);
    this.#begun = end;
    this.#small = false;
    this.#coming = output.then(({ state }) => state);
    this.#coming.catch(() => {}); // told by `output`
    const before = await coming;
    const { left, right, state } = await output;
    this.#windows.push({ first, end, before });
    this.#state = state;
    this.#next = end;
    return { first, left, right };
  }

  /** Where to begin so that latent frame `n` comes out again; it must not be forgotten. */
  before(n: number): DecoderStart {
    const window = this.#windows.findLast(({ first }) => first <= n);
    if (!window || n >= this.#next) {
      return { next: this.#next, state: this.#state };
    }
    return { next: window.first, state: window.before };
  }

  /** Goes back so that frame `n` is the next to decode; the frames before it are unchanged. */
  async rewind(n: number, options: WorkOptions): Promise<void> {
    this.#small = true;
    if (n >= this.#next) return;
    // Nothing is touched before the last wait: somebody may look meanwhile.
    const at = this.#windows.findLastIndex((window) => window.first <= n);
    const window = this.#windows[at];
    if (!window) throw new RangeError(`Latent frame ${n} has been forgotten`);
    const { first, before } = window;
    let state = before;
    if (n > first) ({ state } = await this.#run(first, n, before, options));
    this.#windows.length = at;
    if (n > first) this.#windows.push({ first, end: n, before });
    this.#state = state;
    this.#next = n;
    this.#begun = n;
    this.#coming = Promise.resolve(state);
  }

  /** Forgets states that only frames before `n` need. Returns the oldest latent frame still needed. */
  forget(n: number): number {
    while (this.#windows.length > 1 && this.#windows[0]!.end <= n) {
      this.#windows.shift();
    }
    const oldest = this.#windows[0]?.first ?? this.#next;
    return oldest - this.#model.manifest.decoder.context_frames;
  }
}
