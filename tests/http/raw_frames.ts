/**
 * WebSocket frames made and read byte by byte (RFC 6455 section 5.2), the wrong
 * ones too.
 *
 * @module
 */
import { openRaw } from "../session/raw_socket.ts";

/** What a frame may be besides well made. */
export interface FrameOptions {
  /** False: more fragments follow. */
  final?: boolean;
  /** Reserved bits: 4, 2, 1. */
  reserved?: number;
  masked?: boolean;
  /** Length that is claimed instead of the payload's, in the 64-bit form. */
  claims?: bigint;
}

const MASK = [0x12, 0x34, 0x56, 0x78];

/** One frame as a client sends it. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = "",
  options: FrameOptions = {},
): Uint8Array<ArrayBuffer> {
  const { final = true, reserved = 0, masked = true, claims } = options;
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const { length } = bytes;
  const head = new DataView(new ArrayBuffer(10));
  let headBytes = 2;
  head.setUint8(0, (final ? 0x80 : 0) | (reserved << 4) | opcode);
  if (claims !== undefined || length > 0xffff) {
    head.setUint8(1, 127);
    head.setBigUint64(2, claims ?? BigInt(length));
    headBytes = 10;
  } else if (length > 125) {
    head.setUint8(1, 126);
    head.setUint16(2, length);
    headBytes = 4;
  } else head.setUint8(1, length);
  if (masked) head.setUint8(1, head.getUint8(1) | 0x80);
  return Uint8Array.from([
    ...new Uint8Array(head.buffer, 0, headBytes),
    ...(masked ? MASK : []),
    ...(masked ? bytes.map((byte, i) => byte ^ MASK[i % 4]!) : bytes),
  ]);
}

/** A close frame with a code and what follows it. */
export function closing(
  code: number,
  reason: Uint8Array | string = "",
): Uint8Array<ArrayBuffer> {
  const text = typeof reason === "string"
    ? new TextEncoder().encode(reason)
    : reason;
  return frame(8, Uint8Array.from([code >> 8, code & 255, ...text]));
}

/** How the server's side went. */
export interface Answered {
  /** Types of JSON messages after the greeting, codes of errors. */
  messages: string[];
  /** Payloads of pongs. */
  pongs: string[];
  /** Code of the close frame; 1005 = one without a code, null = there was none. */
  close: number | null;
  /** True if it closed the connection, or said that it does. */
  closed: boolean;
}

/** The rest of what a server says, until it closes or `enough` of it has come. */
export async function converse(
  port: number,
  sent: readonly Uint8Array<ArrayBuffer>[],
  enough: (so: Answered) => boolean,
): Promise<Answered> {
  const socket = await openRaw(port);
  const so: Answered = { messages: [], pongs: [], close: null, closed: false };
  const late = setTimeout(() => socket.close(), 20_000);
  try {
    await hear(socket, so, (one) => one.messages.includes("hello"));
    so.messages.length = 0;
    for (const bytes of sent) {
      for (let at = 0; at < bytes.length;) {
        at += await socket.write(bytes.subarray(at));
      }
    }
    await hear(socket, so, enough);
  } catch (error) {
    // Reset is closed, too.
    if (!(error instanceof Deno.errors.ConnectionReset)) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
    so.closed = true;
  }
  clearTimeout(late);
  socket.close();
  return so;
}

async function hear(
  socket: Deno.TcpConn,
  so: Answered,
  enough: (so: Answered) => boolean,
): Promise<void> {
  while (!enough(so)) {
    const head = await read(socket, 2);
    if (head === null) {
      so.closed = true;
      return;
    }
    let length = head[1]! & 0x7f;
    if (length >= 126) {
      const wide = (await read(socket, length === 126 ? 2 : 8))!;
      length = Number(wide.reduce((sum, byte) => sum * 256 + byte, 0));
    }
    const payload = (await read(socket, length))!;
    const text = new TextDecoder().decode(payload);
    const opcode = head[0]! & 0x0f;
    if (opcode === 1) {
      const { type, code } = JSON.parse(text);
      so.messages.push(code ?? type);
    } else if (opcode === 10) so.pongs.push(text);
    else if (opcode === 8) {
      so.close = length < 2 ? 1005 : payload[0]! * 256 + payload[1]!;
      so.closed = true;
    }
  }
}

/** Exactly so many bytes; null if the connection ends instead. */
async function read(
  socket: Deno.TcpConn,
  length: number,
): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await socket.read(bytes.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return bytes;
}
