/**
 * Single Ogg pages (RFC 3533) of Opus packets (RFC 7845), for streams that many
 * listeners share: each has its own page numbers and positions, all have the
 * same bodies. For one file from its beginning see `OggOpusWriter`. This module
 * is browser compatible.
 *
 * @module
 */

/** Whole packets in the form in which a page holds them. */
export interface OggBody {
  /** Segment table: one packet is so many 255s and what is left of it. */
  lacing: Uint8Array<ArrayBuffer>;
  /** The packets, one after the other. */
  data: Uint8Array<ArrayBuffer>;
  /** How many packets there are. */
  packets: number;
}

/** What is a page's own. */
export interface OggPageHeader {
  /** First page of the stream. */
  bos?: boolean;
  /** Last page of the stream. */
  eos?: boolean;
  /** Samples at 48 kHz up to the end of the page's last packet, pre-skip included. */
  granulePosition: number;
  /** The logical stream (u32). */
  serialNumber: number;
  /** From 0 (u32). */
  pageSequence: number;
}

const HEADER_BYTES = 27;
const MOST_SEGMENTS = 255;
const FLAG_BOS = 2;
const FLAG_EOS = 4;
const CRC_OFFSET = 22;

/** Ogg's CRC-32: polynomial 0x04c11db7, neither reflected nor inverted. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) {
    value = value << 1 ^ (value < 0 ? 0x04c11db7 : 0);
  }
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < bytes.length; i++) {
    value = value << 8 ^ CRC_TABLE[value >>> 24 ^ bytes[i]!]!;
  }
  return value >>> 0;
}

/**
 * Packs packets for one page.
 *
 * @throws {RangeError} If they do not fit: a page has at most 255 segments of
 * up to 255 bytes.
 */
export function oggBody(packets: readonly Uint8Array[]): OggBody {
  const lacing = packets.flatMap(({ length }) => [
    ...new Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  if (lacing.length > MOST_SEGMENTS) {
    throw new RangeError(
      `Cannot put ${packets.length} packets into a page: they take ${lacing.length} segments, at most ${MOST_SEGMENTS} fit`,
    );
  }
  const bytes = packets.reduce((sum, { length }) => sum + length, 0);
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const packet of packets) {
    data.set(packet, at);
    at += packet.length;
  }
  return { lacing: Uint8Array.from(lacing), data, packets: packets.length };
}

/** Writes one page, its checksum included. */
export function oggPage(
  header: OggPageHeader,
  { lacing, data }: OggBody,
): Uint8Array<ArrayBuffer> {
  const { bos = false, eos = false, granulePosition } = header;
  const dataAt = HEADER_BYTES + lacing.length;
  const page = new Uint8Array(dataAt + data.length);
  const view = new DataView(page.buffer);
  page.set([0x4f, 0x67, 0x67, 0x53]); // Capture pattern "OggS", version 0
  view.setUint8(5, (bos ? FLAG_BOS : 0) | (eos ? FLAG_EOS : 0)); // Header type
  view.setBigUint64(6, BigInt(granulePosition), true); // Granule position
  view.setUint32(14, header.serialNumber, true); // Serial number
  view.setUint32(18, header.pageSequence, true); // Page sequence number
  view.setUint8(26, lacing.length); // Page segments
  page.set(lacing, HEADER_BYTES); // Segment table
  page.set(data, dataAt);
  view.setUint32(CRC_OFFSET, crc(page), true); // Checksum, zero until here
  return page;
}

/**
 * The comment header of RFC 7845 section 5.2.
 *
 * @param comments Upper-case name to value.
 */
export function opusTags(
  comments: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const entries = Object.entries(comments).map(([name, value]) =>
    encoder.encode(`${name}=${value}`)
  );
  const vendor = encoder.encode("prestissimo");
  const texts = [vendor, ...entries];
  // The vendor and every comment follow their length; their count is between.
  const bytes = texts.reduce((sum, { length }) => sum + 4 + length, 12);
  const tags = new Uint8Array(bytes);
  const view = new DataView(tags.buffer);
  tags.set(encoder.encode("OpusTags"));
  let at = 8;
  for (const [i, text] of texts.entries()) {
    view.setUint32(at, text.length, true);
    tags.set(text, at + 4);
    at += 4 + text.length;
    if (i > 0) continue;
    view.setUint32(at, entries.length, true);
    at += 4;
  }
  return tags;
}
