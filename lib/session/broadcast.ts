/**
 * One stream, many listeners: encoded once, kept for a moment, handed to
 * whoever listens.
 *
 * @module
 */
import { type OggBody, oggBody } from "../audio/mod.ts";
import { encodeAudioFrame, type ResolvedFormat } from "../protocol/mod.ts";

/** Longest Ogg page, in ms: how far behind the live edge a listener begins. */
const PAGE_MS = 100;

/** Pages kept for listeners who are late: 2 s of the longest ones. */
const KEPT_PAGES = 20;

/** What listeners are told of a stream. */
export interface BroadcastInfo {
  /** Public id: whoever knows it may listen. */
  id: string;
  format: ResolvedFormat;
  /** Identification header of the encoder. */
  opusHead: Uint8Array<ArrayBuffer>;
  bpm: number;
  meter: number;
}

/** What is known of one payload. */
export interface PacketHeader {
  /** From 0, without gaps. */
  seq: number;
  /** Position of the first sample, 48 kHz. */
  sample: number;
  /** Musical position of that sample, in beats. */
  beat: number;
  /** True if the stream ends with it. */
  last: boolean;
}

/** One payload as all listeners share it. */
export class SharedPacket {
  readonly header: PacketHeader;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly #frames = new Map<number, Uint8Array<ArrayBuffer>>();

  constructor(header: PacketHeader, payload: Uint8Array<ArrayBuffer>) {
    this.header = header;
    this.payload = payload;
  }

  /** The binary frame under a handle; most connections use the same few. */
  frame(handle: number): Uint8Array<ArrayBuffer> {
    let frame = this.#frames.get(handle);
    if (frame === undefined) {
      const header = { ...this.header, handle, discontinuity: false };
      frame = encodeAudioFrame(header, this.payload);
      this.#frames.set(handle, frame);
    }
    return frame;
  }
}

/** One Ogg page as all listeners share it. */
export interface SharedPage extends OggBody {
  /** From 0, without gaps. */
  index: number;
  /** Position of the first sample, 48 kHz. */
  sample: number;
  /** True if the stream ends with it. */
  last: boolean;
  /** Samples to drop from its end. */
  endTrim: number;
}

/** How a stream ended. */
export interface BroadcastEnd {
  /** `done`: played to its end. */
  reason: "done" | "cancelled";
  /** Samples to drop from the end of the last payload's audio. */
  endTrim: number;
}

/** Somebody who listens. None of these may throw. */
export interface Listener {
  packet?(packet: SharedPacket): void;
  page?(page: SharedPage): void;
  /** The stream is held; `atSample` is the next. */
  paused?(atSample: number): void;
  resumed?(atSample: number): void;
  /** Nothing follows. */
  ended(end: BroadcastEnd): void;
}

/** A stream that can be listened to. */
export class Broadcast {
  readonly info: BroadcastInfo;
  readonly #pagePackets: number;
  readonly #listeners = new Set<Listener>();
  readonly #onEnd: () => void;
  #pages: SharedPage[] = [];
  #pageIndex = 0;
  /** Packets of the page to come. */
  #filling: SharedPacket[] = [];
  #nextSample = 0;
  #paused = false;
  #over = false;

  /** @param onEnd Called once, before listeners are told. */
  constructor(info: BroadcastInfo, onEnd: () => void = () => {}) {
    this.info = info;
    this.#onEnd = onEnd;
    this.#pagePackets = Math.floor(PAGE_MS / info.format.frame_ms);
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** First sample that was not handed out. */
  get nextSample(): number {
    return this.#nextSample;
  }

  /** True while the stream is held. */
  get paused(): boolean {
    return this.#paused;
  }

  /** The newest whole page, or null before the first. */
  get newestPage(): SharedPage | null {
    return this.#pages.at(-1) ?? null;
  }

  /** The page of an index; null if it is gone or still to come. */
  page(index: number): SharedPage | null {
    return this.#pages[index - (this.#pages[0]?.index ?? 0)] ?? null;
  }

  /** Begins to listen. */
  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Ends listening. */
  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /**
   * Hands out one payload.
   *
   * @param endTrim Samples to drop from its end, if it is the last.
   */
  push(
    header: PacketHeader,
    payload: Uint8Array<ArrayBuffer>,
    endTrim = 0,
  ): void {
    const packet = new SharedPacket(header, payload);
    this.#nextSample = header.sample + this.info.format.frame_samples;
    for (const listener of this.#listeners) listener.packet?.(packet);
    this.#filling.push(packet);
    const full = this.#filling.length >= this.#pagePackets;
    if (full || header.last) this.#flush(header.last, endTrim);
  }

  /** The stream is held: what is there is heard first. */
  pause(): void {
    if (this.#paused || this.#over) return;
    this.#paused = true;
    this.#flush(false, 0);
    for (const each of this.#listeners) each.paused?.(this.#nextSample);
  }

  /** The stream goes on. */
  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    for (const each of this.#listeners) each.resumed?.(this.#nextSample);
  }

  /** The stream has ended; a second call does nothing. */
  end(end: BroadcastEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#onEnd();
    this.#flush(false, 0);
    for (const listener of this.#listeners) listener.ended(end);
    this.#listeners.clear();
  }

  #flush(last: boolean, endTrim: number): void {
    const [first] = this.#filling;
    if (first === undefined) return;
    const packets = this.#filling.map(({ payload }) => payload);
    this.#filling = [];
    const { sample } = first.header;
    const index = this.#pageIndex++;
    const page = { ...oggBody(packets), index, sample, last, endTrim };
    this.#pages.push(page);
    if (this.#pages.length > KEPT_PAGES) this.#pages.shift();
    for (const listener of this.#listeners) listener.page?.(page);
  }
}
