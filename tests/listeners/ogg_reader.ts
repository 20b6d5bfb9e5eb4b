/**
 * Ogg pages as they come over a connection, cut anywhere (RFC 3533).
 *
 * @module
 */

/** One page. */
export interface OggPage {
  sequence: number;
  /** True if it is the last of its stream. */
  last: boolean;
  /** Whole packets; none of ours is longer than a page. */
  packets: Uint8Array[];
}

/** Takes bytes and gives pages. */
export class OggReader {
  #bytes = new Uint8Array();

  /**
   * Takes bytes; returns the pages that are whole now.
   *
   * @throws {Error} If they are no page.
   */
  push(bytes: Uint8Array): OggPage[] {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    const pages: OggPage[] = [];
    let at = 0;
    for (;;) {
      const end = pageEnd(all, at);
      if (end === null || end > all.length) break;
      pages.push(parse(all.subarray(at, end)));
      at = end;
    }
    this.#bytes = all.slice(at);
    return pages;
  }
}

/** Where the page at `at` ends; null while its head is not whole. */
function pageEnd(bytes: Uint8Array, at: number): number | null {
  if (bytes.length < at + 27) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  if (view.getUint32(0) !== 0x4f676753) throw new Error("not an Ogg page");
  const segments = view.getUint8(26);
  if (bytes.length < at + 27 + segments) return null;
  const table = bytes.subarray(at + 27, at + 27 + segments);
  const length = table.reduce((sum, each) => sum + each, 0);
  return at + 27 + segments + length;
}

function parse(page: Uint8Array): OggPage {
  const view = new DataView(page.buffer, page.byteOffset);
  const segments = view.getUint8(26);
  const packets: Uint8Array[] = [];
  let from = 27 + segments;
  let to = from;
  for (const length of page.subarray(27, 27 + segments)) {
    to += length;
    if (length === 255) continue;
    packets.push(page.slice(from, to));
    from = to;
  }
  return {
    sequence: view.getUint32(18, true),
    last: (view.getUint8(5) & 4) !== 0,
    packets,
  };
}
