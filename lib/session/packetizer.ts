/**
 * A stream of music as numbered payloads, exact to the sample at both ends.
 *
 * @module
 */
import { guardPeaks } from "../audio/mod.ts";
import type { MusicStream, PcmChunk } from "../stream/music_stream.ts";
import {
  bytesOf,
  type FrameEncoder,
  type PlanarFrame,
  planarFrame,
} from "./frame_encoder.ts";
import { localHash, type PcmHash } from "./pcm_hash.ts";

/** One frame that was read and is not yet encoded. */
export interface Frame extends PlanarFrame {
  /** From 0, without gaps. */
  seq: number;
  /** Position of the first sample, 48 kHz. */
  sample: number;
  /** Musical position of the first sample, in beats. */
  beat: number;
  /** True if the stream ends with this frame. */
  last: boolean;
}

/** How a stream ended. */
export interface StreamEnd {
  /** Length of the music, in samples. */
  samples: number;
  /** Samples to drop from the end of the last payload's audio. */
  endTrim: number;
  /** sha256 of the music as interleaved s16le, hex. */
  pcmSha256: string;
}

/** Options of {@linkcode Packetizer}. */
export interface PacketizerOptions {
  loop: boolean;
  /** Sees the music; one of its own unless given. */
  hash?: PcmHash;
  /** First frame; 0 unless the stream goes on with one. */
  seq?: number;
  /** First frame that the hash has not seen. */
  hashedSeq?: number;
}

const NOTHING = new Float32Array(0);

/**
 * Cuts a stream into frames. Music that has been read can no longer change, so
 * `read` is to be called when the frame is due, not before.
 *
 * Opus delays audio by its pre-skip. So that a decoder gets the last sample out,
 * the music is followed by as many frames of padding as that takes: silence, or
 * the beginning of a loop again, which is what a player repeats there.
 */
export class Packetizer {
  readonly #stream: MusicStream;
  readonly #encoder: FrameEncoder;
  readonly #frameSamples: number;
  readonly #preSkip: number;
  readonly #hash: PcmHash;
  /** Beginning of a loop, interleaved; null if the end is padded with silence. */
  #head: Int16Array<ArrayBuffer> | null;
  #seq: number;
  #hashedSeq: number;
  /** Length and musical end, once known. */
  #end: { samples: number; beat: number; frames: number } | null = null;

  constructor(
    stream: MusicStream,
    encoder: FrameEncoder,
    options: PacketizerOptions,
  ) {
    const { hash = localHash(), seq = 0, hashedSeq = seq } = options;
    this.#stream = stream;
    this.#hash = hash;
    this.#seq = seq;
    this.#hashedSeq = hashedSeq;
    this.#encoder = encoder;
    this.#frameSamples = encoder.format.frame_samples;
    this.#preSkip = encoder.format.pre_skip;
    this.#head = options.loop && encoder.whole ? new Int16Array(0) : null;
  }

  /** Number of the frame to be read next. */
  get nextSeq(): number {
    return this.#seq;
  }

  /** First frame that the receipt's hash has not seen, and how it stands. */
  get hashed(): { seq: number; state: string | null } {
    return { seq: this.#hashedSeq, state: this.#hash.save() };
  }

  /** True while music is to be read, and not what follows it. */
  get inMusic(): boolean {
    return this.#end === null;
  }

  /** First sample of the frame to be read next. */
  get nextSample(): number {
    return this.#seq * this.#frameSamples;
  }

  /** Sample after the frame to be read next. */
  get nextEnd(): number {
    return (this.#seq + 1) * this.#frameSamples;
  }

  /** How the stream ended, or null while there are frames to read. */
  get end(): StreamEnd | null {
    if (this.#end === null || this.#seq < this.#end.frames) return null;
    const { samples, frames } = this.#end;
    return {
      samples,
      endTrim: this.#encoder.whole
        ? frames * this.#frameSamples - this.#preSkip - samples
        : 0,
      pcmSha256: this.#hash.digest(),
    };
  }

  /**
   * Reads the next frame.
   *
   * @param options `deadlineMs`: when it is to be heard (performance.now clock).
   * @throws {DOMException} AbortError once the stream is cancelled.
   */
  async read(options: { deadlineMs: number }): Promise<Frame> {
    const sample = this.nextSample;
    if (this.#end !== null) return this.#padding(sample);
    const chunk = await this.#stream.read(this.#frameSamples, options);
    this.#checkChunk(chunk, sample);
    guardPeaks(chunk.left);
    guardPeaks(chunk.right);
    if (chunk.last) this.#finish(chunk);
    const frame = planarFrame(chunk.left, chunk.right);
    this.#keepHead(frame);
    return this.#numbered(frame, sample, chunk.beat);
  }

  /** Encodes a frame; frames must come in the order of `read`. */
  encode(frame: Frame): Uint8Array<ArrayBuffer> {
    // Frames that an encoder only settles in are in it already.
    if (frame.seq >= this.#hashedSeq) {
      this.#hash.update(bytesOf(frame.s16));
      this.#hashedSeq = frame.seq + 1;
    }
    const wanted = 2 * this.#frameSamples;
    if (!this.#encoder.whole || frame.s16.length === wanted) {
      return this.#encoder.encode(frame);
    }
    const s16 = new Int16Array(wanted);
    s16.set(frame.s16);
    if (this.#head !== null) this.#wrap(s16, frame);
    return this.#encoder.encode({ ...frame, s16 });
  }

  #numbered(frame: PlanarFrame, sample: number, beat: number): Frame {
    const seq = this.#seq++;
    const last = this.#seq === this.#end?.frames;
    return { ...frame, seq, sample, beat, last };
  }

  #padding(sample: number): Frame {
    const { samples, beat } = this.#end!;
    const at = beat + this.#beats(sample - samples);
    return this.#numbered(planarFrame(NOTHING, NOTHING), sample, at);
  }

  #finish(chunk: PcmChunk): void {
    const length = chunk.left.length;
    const samples = chunk.sample + length;
    const beat = chunk.beat + this.#beats(length);
    const frames = Math.ceil((samples + this.#preSkip) / this.#frameSamples);
    this.#end = { samples, beat, frames };
  }

  #beats(samples: number): number {
    return samples * this.#stream.bpm / (60 * this.#encoder.format.sample_rate);
  }

  #keepHead(frame: PlanarFrame): void {
    const enough = 2 * (this.#preSkip + this.#frameSamples);
    if (this.#head === null || this.#head.length >= enough) return;
    const head = new Int16Array(this.#head.length + frame.s16.length);
    head.set(this.#head);
    head.set(frame.s16, this.#head.length);
    this.#head = head;
  }

  /** Fills what follows the end of a loop with its beginning. */
  #wrap(s16: Int16Array, frame: Frame): void {
    const head = this.#head!;
    const from = 2 * (frame.sample - this.#end!.samples);
    for (let i = frame.s16.length; i < s16.length; i++) {
      s16[i] = head[(from + i) % head.length]!;
    }
  }

  // A stream that miscounts would send wrong audio under right numbers.
  #checkChunk(chunk: PcmChunk, sample: number): void {
    const length = chunk.left.length;
    const short = length < this.#frameSamples && !chunk.last;
    if (
      chunk.sample !== sample || short || length === 0 ||
      length > this.#frameSamples
    ) {
      throw new RangeError(
        `Expected ${this.#frameSamples} samples from ${sample} on, got ${length} from ${chunk.sample} on`,
      );
    }
  }
}
