/**
 * A listener over HTTP: the shared pages as an Ogg Opus stream of its own.
 *
 * @module
 */
import { oggBody, oggPage, opusHead, opusTags } from "../audio/mod.ts";
import type { Broadcast, Listener, SharedPage } from "./broadcast.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Samples that a decoder drops who joins in the middle, 48 kHz: 80 ms, after
 * which it has converged (RFC 7845 section 4.2).
 */
const JOIN_PRE_SKIP = 3840;

/** Options of {@linkcode listenAsOgg}. */
export interface OggListenerOptions {
  /** Name and value of comments in the header. */
  comments: Record<string, string>;
  /** A listener that took nothing for so long is dropped, in ms. */
  dropMs: number;
  /** Told how many pages a slow listener missed. */
  onSkip?: (pages: number) => void;
  onBytes?: (bytes: number) => void;
  /** Called once; `dropped` if the listener did not read. */
  onEnd: (how: "ended" | "left" | "dropped") => void;
}

/**
 * Listens from the live edge: the newest whole page comes first. The body is
 * made as it is read, so a slow listener holds nothing but its place: it goes
 * on at the live edge, and is dropped if it takes nothing at all.
 */
export function listenAsOgg(
  broadcast: Broadcast,
  options: OggListenerOptions,
): ReadableStream<Bytes> {
  const listener = new OggListener(broadcast, options);
  return new ReadableStream<Bytes>({
    start: (controller) => listener.start(controller),
    pull: () => listener.pull(),
    cancel: () => listener.leave("left"),
  }, { highWaterMark: 0 });
}

class OggListener implements Listener {
  readonly #broadcast: Broadcast;
  readonly #options: OggListenerOptions;
  readonly #serialNumber = crypto.getRandomValues(new Uint32Array(1))[0]!;
  #controller!: ReadableStreamDefaultController<Bytes>;
  /** Index of the page to take next; null before the first. */
  #next: number | null = null;
  #pageSequence = 0;
  #granulePosition = 0;
  #preSkip = 0;
  /** Resolves the pull that waits for a page. */
  #waiting: (() => void) | null = null;
  /** When the last page was taken or was asked for (performance.now clock). */
  #tookMs = performance.now();
  /** Runs once the stream has ended: what is left has to be taken by then. */
  #endTimer: ReturnType<typeof setTimeout> | null = null;
  #gone = false;

  constructor(broadcast: Broadcast, options: OggListenerOptions) {
    this.#broadcast = broadcast;
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Bytes>): void {
    this.#controller = controller;
    this.#broadcast.add(this);
  }

  pull(): void | Promise<void> {
    this.#tookMs = performance.now();
    const page = this.#nextPage();
    if (page !== null) return this.#give(page);
    if (this.#endTimer !== null) return this.#finish();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  page(page: SharedPage): void {
    if (this.#waiting !== null) {
      this.#give(page);
      this.#settle();
    } else if (performance.now() - this.#tookMs > this.#options.dropMs) {
      this.#drop();
    }
  }

  ended(): void {
    if (this.#gone) return;
    if (this.#waiting !== null) return this.#finish();
    this.#endTimer = setTimeout(() => this.#drop(), this.#options.dropMs);
  }

  leave(how: "ended" | "left" | "dropped"): void {
    if (this.#gone) return;
    this.#gone = true;
    if (this.#endTimer !== null) clearTimeout(this.#endTimer);
    this.#broadcast.remove(this);
    this.#settle();
    this.#options.onEnd(how);
  }

  /** Everything is taken; a stream that was cut short gets a page of nothing. */
  #finish(): void {
    if (this.#pageSequence > 0) {
      this.#granulePosition = Math.max(this.#granulePosition, this.#preSkip);
      this.#controller.enqueue(this.#page(oggBody([]), { eos: true }));
    }
    this.#controller.close();
    this.leave("ended");
  }

  #drop(): void {
    this.#controller.error("a listener is dropped: it does not read");
    this.leave("dropped");
  }

  #settle(): void {
    this.#waiting?.();
    this.#waiting = null;
  }

  /** What follows what was taken; the newest if that is gone. */
  #nextPage(): SharedPage | null {
    const newest = this.#broadcast.newestPage;
    if (newest === null || this.#next === null) return newest;
    if (this.#next > newest.index) return null;
    const page = this.#broadcast.page(this.#next);
    if (page !== null) return page;
    this.#options.onSkip?.(newest.index - this.#next);
    return newest;
  }

  #give(page: SharedPage): void {
    const head = this.#pageSequence === 0 ? this.#headers(page) : [];
    // Positions count what this listener got: what it missed leaves no hole.
    this.#granulePosition += page.packets *
      this.#broadcast.info.format.frame_samples;
    if (page.last) {
      const end = this.#granulePosition - page.endTrim;
      this.#granulePosition = Math.max(end, this.#preSkip);
    }
    const body = this.#page(page, { eos: page.last });
    this.#next = page.index + 1;
    const bytes = concat([...head, body]);
    this.#options.onBytes?.(bytes.length);
    this.#controller.enqueue(bytes);
    if (!page.last) return;
    this.#controller.close();
    this.leave("ended");
  }

  #headers(first: SharedPage): Bytes[] {
    const { opusHead: own, format } = this.#broadcast.info;
    const late = first.index > 0;
    this.#preSkip = late ? JOIN_PRE_SKIP : format.pre_skip;
    const { channels } = format;
    const head = late ? opusHead({ channels, preSkip: this.#preSkip }) : own;
    const comments = {
      ...this.#options.comments,
      FIRST_SAMPLE: `${first.sample}`,
    };
    return [
      this.#page(oggBody([head]), { bos: true }),
      this.#page(oggBody([opusTags(comments)]), {}),
    ];
  }

  #page(
    body: ReturnType<typeof oggBody>,
    flags: { bos?: boolean; eos?: boolean },
  ): Bytes {
    return oggPage({
      ...flags,
      granulePosition: this.#granulePosition,
      serialNumber: this.#serialNumber,
      pageSequence: this.#pageSequence++,
    }, body);
  }
}

function concat(parts: Bytes[]): Bytes {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
