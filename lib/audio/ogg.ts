/**
 * Streaming Ogg Opus (RFC 7845) from raw packets.
 *
 * @module
 */
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  OggOutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from "mediabunny";

/** Longest Ogg page: the first one leaves after this and two packets more. */
const PAGE_SECONDS = 0.1;

/** Options of {@linkcode OggOpusWriter}. */
export interface OggOpusWriterOptions {
  /** Identification header of the encoder; tells pre-skip and channels. */
  opusHead: Uint8Array<ArrayBuffer>;
  /** Samples per channel in every packet, at 48 kHz. */
  frameSamples: number;
  /** Comment header (RFC 7845 section 5.2): upper-case name to value. */
  comments?: Record<string, string>;
  /** Takes the bytes in order. A promise holds the writer back; a throw makes the next call reject. */
  write: (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;
}

/** How an Ogg Opus stream ends. */
export interface OggOpusEnd {
  /**
   * Samples to drop from the end of the last packet, 0 to frameSamples - 1. For
   * n samples of audio in p packets: p * frameSamples - preSkip - n.
   */
  endTrim: number;
}

/**
 * Puts Opus packets into Ogg pages of at most 100 ms and writes each page when
 * it is full. The exact length is told by the granule position of the last page,
 * so one packet is held back until the next or the end is known; the two header
 * pages leave with the first packet that does not.
 */
export class OggOpusWriter {
  readonly #options: OggOpusWriterOptions;
  readonly #source = new EncodedAudioPacketSource("opus");
  readonly #output: Output;
  #held: Uint8Array | null = null;
  #aborted = false;
  #packets = 0;

  /** Opens a stream; nothing is written before the first packet. */
  constructor(options: OggOpusWriterOptions) {
    this.#options = options;
    this.#output = new Output({
      format: new OggOutputFormat({ maximumPageDuration: PAGE_SECONDS }),
      // Ogg is only ever appended to, so chunk positions can be ignored.
      target: new StreamTarget(
        new WritableStream<StreamTargetChunk>({
          write: (chunk) => {
            if (!this.#aborted) return options.write(chunk.data);
          },
        }),
      ),
    });
    this.#output.setMetadataTags({ raw: options.comments ?? {} });
    this.#output.addAudioTrack(this.#source);
  }

  /** Appends one packet; resolves when more may be added. */
  async add(packet: Uint8Array): Promise<void> {
    if (this.#output.state === "pending") await this.#output.start();
    const previous = this.#held;
    this.#held = packet;
    if (previous !== null) await this.#mux(previous, 0);
  }

  /**
   * Ends the stream; resolves when the last byte is written.
   *
   * @throws {RangeError} If there is no packet or `endTrim` leaves nothing of the last one.
   */
  async finish(end: OggOpusEnd): Promise<void> {
    const { frameSamples } = this.#options;
    if (this.#held === null) {
      throw new RangeError("Cannot finish an Ogg stream of 0 packets");
    }
    if (!(end.endTrim >= 0 && end.endTrim < frameSamples)) {
      throw new RangeError(
        `Cannot trim ${end.endTrim} samples: must be from 0 to ${
          frameSamples - 1
        }`,
      );
    }
    await this.#mux(this.#held, end.endTrim);
    this.#held = null;
    await this.#output.finalize();
  }

  /** Gives up; `write` is not called again. Never throws. */
  abort(): void {
    this.#aborted = true;
    // Not waited for: it would wait for a `write` that may never end, and it
    // rejects if a `write` has thrown, which is why one aborts.
    this.#output.cancel().catch(() => {});
  }

  async #mux(packet: Uint8Array, endTrim: number): Promise<void> {
    const { frameSamples, opusHead } = this.#options;
    const seconds = this.#packets * frameSamples / 48_000;
    const duration = (frameSamples - endTrim) / 48_000;
    this.#packets++;
    await this.#source.add(
      new EncodedPacket(packet, "key", seconds, duration),
      {
        decoderConfig: {
          codec: "opus",
          sampleRate: 48_000,
          numberOfChannels: opusHead[9]!,
          description: opusHead,
        },
      },
    );
  }
}
