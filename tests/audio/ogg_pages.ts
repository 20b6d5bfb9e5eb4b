/** Ogg pages, taken apart as RFC 3533 says. */

/** One page. */
export interface Page {
  /** 2: first of its stream; 4: last. */
  flags: number;
  granule: number;
  serial: number;
  sequence: number;
  data: Uint8Array<ArrayBuffer>;
}

/** All pages of a file. */
export function oggPages(file: Uint8Array<ArrayBuffer>): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at < file.length;) {
    const view = new DataView(file.buffer, file.byteOffset + at);
    if (view.getUint32(0) !== 0x4f676753) throw new Error(`No page at ${at}`);
    const segments = view.getUint8(26);
    const table = file.subarray(at + 27, at + 27 + segments);
    const bytes = table.reduce((sum, length) => sum + length, 0);
    const dataAt = at + 27 + segments;
    pages.push({
      flags: view.getUint8(5),
      granule: Number(view.getBigUint64(6, true)),
      serial: view.getUint32(14, true),
      sequence: view.getUint32(18, true),
      data: file.slice(dataAt, dataAt + bytes),
    });
    at = dataAt + bytes;
  }
  return pages;
}
