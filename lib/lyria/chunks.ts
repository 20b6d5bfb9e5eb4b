/**
 * Frames of PCM to the audio chunks of Lyria: base64 in JSON.
 *
 * @module
 */
import { CHANNELS, SAMPLE_RATE } from "../protocol/mod.ts";
import type { WeightedPrompt } from "./controls.ts";
import type { GenerationConfig } from "./messages.ts";

/** What made the music. */
export interface Source {
  clientContent: { weightedPrompts: readonly WeightedPrompt[] };
  musicGenerationConfig: GenerationConfig;
}

/** Frames in a chunk: a fifth of a second of frames of 40 ms. */
const CHUNK_FRAMES = 5;

const MIME_TYPE = `audio/l16;rate=${SAMPLE_RATE};channels=${CHANNELS}`;

/** Collects the frames of one stream. */
export class Chunks {
  readonly #send: (message: unknown) => void;
  #frames: Uint8Array[] = [];
  /** Position of the first of them, in samples. */
  #sample = 0;
  /** What the music is made of, from which sample on; in order of time. */
  #sources: { sample: number; source: Source }[] = [];

  /** @param send Sends a message. */
  constructor(send: (message: unknown) => void) {
    this.#send = send;
  }

  /** Tells what the music is made of from a sample on. */
  change(sample: number, source: Source): void {
    this.#sources = this.#sources.filter((each) => each.sample < sample);
    this.#sources.push({ sample, source });
  }

  /** Takes the PCM of the next frame, interleaved s16le. */
  add(sample: number, pcm: Uint8Array): void {
    if (this.#frames.length === 0) this.#sample = sample;
    this.#frames.push(pcm);
    if (this.#frames.length >= CHUNK_FRAMES) this.flush();
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#frames.length === 0) return;
    const size = this.#frames.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const frame of this.#frames.splice(0)) {
      bytes.set(frame, at);
      at += frame.length;
    }
    const chunk = {
      data: bytes.toBase64(),
      mimeType: MIME_TYPE,
      sourceMetadata: this.#source(),
    };
    this.#send({ serverContent: { audioChunks: [chunk] } });
  }

  /** Forgets what was not sent, and what the music was made of. */
  clear(): void {
    this.#frames = [];
    this.#sources = [];
  }

  #source(): Source | undefined {
    const index = this.#sources.findLastIndex(({ sample }) =>
      sample <= this.#sample
    );
    // What was before is not asked for again.
    this.#sources.splice(0, index);
    return this.#sources[0]?.source;
  }
}
