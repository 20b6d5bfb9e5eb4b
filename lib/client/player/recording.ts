/**
 * What was heard, as a file.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { CHANNELS, SAMPLE_RATE } from "../../protocol/limits.ts";
import { deferred } from "../deferred.ts";

const HEADER_BYTES = 44;
const BYTES_A_SAMPLE = 2 * CHANNELS;
/** The header's lengths have 32 bits. */
const MOST_BYTES = 2 ** 32 - 1 - HEADER_BYTES;

/** A recording that goes on until it is stopped. Made by `player.record`. */
export class Recording {
  /** Parts that the browser may keep on disk. */
  readonly #parts: Blob[] = [];
  readonly #stopped = deferred<void>();
  readonly #onStop: () => void;
  #bytes = 0;
  #stopping = false;

  /** Use `player.record` instead. */
  constructor(onStop: () => void) {
    this.#onStop = onStop;
  }

  /** Length so far, in seconds. */
  get seconds(): number {
    return this.#bytes / BYTES_A_SAMPLE / SAMPLE_RATE;
  }

  /** Ends the recording. @returns A WAV file, 16-bit stereo at 48 kHz. */
  async stop(): Promise<Blob> {
    if (!this.#stopping) this.#onStop();
    this.#stopping = true;
    await this.#stopped.promise;
    return new Blob([wavHeader(this.#bytes), ...this.#parts], {
      type: "audio/wav",
    });
  }

  /** Ends the recording and has the browser save it under this name. */
  async save(name = "prestissimo.wav"): Promise<void> {
    const url = URL.createObjectURL(await this.stop());
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // The download reads it after the click.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  /** @ignore Takes samples; what no WAV file can hold is left out. */
  write(left: Float32Array, right: Float32Array): void {
    const samples = new Int16Array(CHANNELS * left.length);
    for (let i = 0; i < left.length; i++) {
      samples[2 * i] = toInt16(left[i]!);
      samples[2 * i + 1] = toInt16(right[i]!);
    }
    if (this.#bytes + samples.byteLength > MOST_BYTES) return;
    this.#bytes += samples.byteLength;
    this.#parts.push(new Blob([samples]));
  }

  /** @ignore Nothing more comes. */
  end(): void {
    this.#stopped.resolve();
  }
}

function toInt16(value: number): number {
  return Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
}

/** The header of a 16-bit stereo file with that many bytes of samples. */
function wavHeader(bytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  const text = (at: number, letters: string) =>
    header.set(new TextEncoder().encode(letters), at);
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // length of the format
  view.setUint16(20, 1, true); // integers
  view.setUint16(22, CHANNELS, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * BYTES_A_SAMPLE, true);
  view.setUint16(32, BYTES_A_SAMPLE, true);
  view.setUint16(34, 16, true); // bits
  text(36, "data");
  view.setUint32(40, bytes, true);
  return header;
}
