/**
 * A loop whose end is made to run into its beginning.
 *
 * The piece begins a little before sample 0: this lead is never heard there, but
 * it is how the loop ends. Once everything else is made, the gap between the
 * last block and the lead is filled by the denoiser with both sides known. The
 * decoder runs on through the lead and the beginning; the audio then changes
 * over to the lead as it was decoded before sample 0, so that the last sample of
 * the loop is the one before the first.
 *
 * @module
 */
import type { Stereo } from "./pcm_queue.ts";

/** Latent frames before sample 0 that are heard at the end. */
const LEAD_FRAMES = 2;
/** Latent frames of the beginning, lead included, that the gap is filled towards. */
const KNOWN_FRAMES = 16;
/** Fewest latent frames of a gap, unless the loop is too short for it. */
const LEAST_GAP = 6;

/** Turns audio into latents of its whole latent frames. */
export type EncodeAudio = (audio: Stereo) => Promise<Float32Array>;

/** What a loop is. */
export interface LoopOptions {
  /** Length, in samples. */
  total: number;
  /** Samples of a latent frame. */
  hop: number;
  /** Channels of a latent frame. */
  channels: number;
  /** Latent frames that the decoder needs before it is to be heard. */
  preroll: number;
  /** Lengths of blocks are multiples of this. */
  multiple: number;
  /** The package's encoder and the samples that it looks ahead, or null. */
  encoder: { encode: EncodeAudio; lookahead: number } | null;
}

/** Beginning and end of one loop. */
export class Loop {
  /** Index of the first latent frame. */
  readonly origin: number;
  /** Index of the latent frame at which the gap ends: what follows is known. */
  readonly gapEnd: number;
  readonly #options: LoopOptions;
  /** True if the same music lies otherwise on the grid at the loop's end: it is encoded anew there. */
  readonly #shifts: boolean;
  /** From which sample on the lead is heard again. */
  readonly #leadStart: number;
  /** Latents from `-LEAD_FRAMES` on. */
  readonly #latents: Float32Array;
  #latentsEnd = -LEAD_FRAMES;
  /** PCM from sample `-LEAD_FRAMES * hop` on. */
  readonly #pcm: Stereo;
  #pcmEnd: number;
  #known: Promise<Float32Array> | null = null;

  constructor(options: LoopOptions) {
    const { total, hop, channels, preroll, encoder } = options;
    this.#options = options;
    this.origin = -(preroll + LEAD_FRAMES);
    this.#leadStart = total - LEAD_FRAMES * hop;
    this.#shifts = total % hop !== 0 && encoder !== null;
    this.gapEnd = this.#shifts
      ? Math.ceil(this.#leadStart / hop)
      : Math.round(this.#leadStart / hop);
    this.#latents = new Float32Array(KNOWN_FRAMES * channels);
    // What is known begins less than a frame into the lead.
    const samples = (KNOWN_FRAMES + 1) * hop + (encoder?.lookahead ?? 0);
    this.#pcmEnd = -LEAD_FRAMES * hop;
    this.#pcm = {
      left: new Float32Array(samples),
      right: new Float32Array(samples),
    };
  }

  /** Samples of the lead. */
  get leadSamples(): number {
    return LEAD_FRAMES * this.#options.hop;
  }

  /**
   * Latent frames of the block at `first`.
   *
   * @param regular How many they would be if nothing had to close.
   */
  blockFrames(first: number, regular: number): number {
    const { multiple } = this.#options;
    const left = this.gapEnd - first;
    if (left >= regular + LEAST_GAP) return regular;
    const round = (frames: number) => Math.ceil(frames / multiple) * multiple;
    // The beginning itself has to be there before anything can lead to it.
    if (first === this.origin) return Math.min(regular, round(left * 2 / 3));
    return left > regular ? round(left / 2) : left;
  }

  /** Where the known frames are in the beginning: a latent index, a fraction if they lie between. */
  get knownFrom(): number {
    const { total, hop } = this.#options;
    return this.#shifts ? this.gapEnd - total / hop : -LEAD_FRAMES;
  }

  /** Remembers the beginning; what an update has made anew replaces what it voids. */
  keepLatents(first: number, latents: Float32Array): void {
    const { channels } = this.#options;
    const offset = (first + LEAD_FRAMES) * channels;
    const from = Math.max(0, -offset);
    const room = this.#latents.length - Math.max(0, offset);
    if (room <= 0 || from >= latents.length) return;
    this.#latents.set(latents.subarray(from, from + room), offset + from);
    const end = first + latents.length / channels;
    this.#latentsEnd = Math.min(end, KNOWN_FRAMES - LEAD_FRAMES);
    this.#known = null;
  }

  /** Remembers the beginning's PCM; `start` is the position of its first sample. */
  keepPcm(start: number, { left, right }: Stereo): void {
    const offset = start + this.leadSamples;
    const from = Math.max(0, -offset);
    const room = this.#pcm.left.length - Math.max(0, offset);
    if (room <= 0 || from >= left.length) return;
    this.#pcm.left.set(left.subarray(from, from + room), offset + from);
    this.#pcm.right.set(right.subarray(from, from + room), offset + from);
    this.#pcmEnd = Math.min(
      start + left.length,
      this.#pcm.left.length - this.leadSamples,
    );
    this.#known = null;
  }

  /** Latents from `gapEnd` on, row-major: lead and beginning, where the loop's end has them. */
  known(): Promise<Float32Array> {
    return this.#known ??= this.#makeKnown();
  }

  /** As many of the known frames, from `gapEnd + skip` on, as the loop's end needs. */
  async ending(skip: number): Promise<Float32Array> {
    const { total, hop, channels } = this.#options;
    const known = await this.known();
    const frames = Math.ceil(total / hop) - this.gapEnd;
    return known.subarray(skip * channels, frames * channels);
  }

  /** Changes over to the lead, in place; `start` is the position of the first fresh sample. */
  blendEnd(fresh: Stereo, start: number): void {
    const { total, hop } = this.#options;
    // By here the last frame before the lead has rung out in any rendering.
    const fadeStart = total - hop;
    const fade = hop / 2;
    for (let i = 0; i < fresh.left.length; i++) {
      const into = start + i - fadeStart;
      if (into < 0 || into >= hop) continue;
      // Equal power: the same notes, but of other phases.
      const angle = (into + 1) / fade * Math.PI / 2;
      const at = start + i - this.#leadStart;
      const out = into + 1 < fade ? Math.cos(angle) : 0;
      const back = into + 1 < fade ? Math.sin(angle) : 1;
      fresh.left[i] = fresh.left[i]! * out + this.#pcm.left[at]! * back;
      fresh.right[i] = fresh.right[i]! * out + this.#pcm.right[at]! * back;
    }
  }

  /** The last `samples` samples before sample 0; what is earlier than the lead is silence. */
  lead(samples: number): Stereo {
    const { left, right } = this.#pcm;
    const end = this.leadSamples;
    const there = Math.min(samples, end);
    const last = (channel: Float32Array) => {
      const out = new Float32Array(samples);
      out.set(channel.subarray(end - there, end), samples - there);
      return out;
    };
    return { left: last(left), right: last(right) };
  }

  async #makeKnown(): Promise<Float32Array> {
    const { hop, channels, encoder } = this.#options;
    if (!this.#shifts || encoder === null) {
      const frames = this.#latentsEnd + LEAD_FRAMES;
      return this.#latents.slice(0, frames * channels);
    }
    const from = this.gapEnd * hop - this.#leadStart;
    const end = this.#pcmEnd + this.leadSamples;
    const whole = Math.floor((end - from - encoder.lookahead) / hop);
    const frames = Math.min(KNOWN_FRAMES, whole);
    const to = from + frames * hop + encoder.lookahead;
    const latents = await encoder.encode({
      left: this.#pcm.left.slice(from, to),
      right: this.#pcm.right.slice(from, to),
    });
    return latents.slice(0, frames * channels);
  }
}
