/**
 * From the bytes of a datagram to OSC messages. Nothing here throws: anybody
 * may send anything.
 *
 * @module
 */
import { fromBuffer, type OscPacketOutput } from "osc-min";

/** A value that an address may take; what OSC knows besides is named. */
export type OscValue =
  | { kind: "number"; value: number }
  | { kind: "text"; value: string }
  | { kind: "other"; name: string };

/** One message. */
export interface OscMessage {
  address: string;
  args: OscValue[];
}

/** Messages of a datagram, or null if it is none of OSC. */
export type Unpacked = OscMessage[] | null;

/** Significant digits of a 32-bit float: 0.7 is meant, not 0.699999988. */
const FLOAT_DIGITS = 7;

/**
 * Reads a datagram. The messages of a bundle come in their order; its time tag
 * does not count, since changes land on the stream's own grid.
 */
export function unpack(bytes: Uint8Array): Unpacked {
  try {
    return [...messages(fromBuffer(bytes))];
  } catch {
    return null;
  }
}

function* messages(packet: OscPacketOutput): Generator<OscMessage> {
  if (packet.oscType === "bundle") {
    for (const element of packet.elements) yield* messages(element);
    return;
  }
  yield { address: packet.address, args: packet.args.map(read) };
}

function read(
  arg: { type: string; value: unknown },
): OscValue {
  const { type, value } = arg;
  switch (type) {
    case "integer":
    case "double":
      return { kind: "number", value: value as number };
    case "float":
      return {
        kind: "number",
        value: Number((value as number).toPrecision(FLOAT_DIGITS)),
      };
    case "bigint":
      return { kind: "number", value: Number(value) };
    case "string":
    case "symbol":
      return { kind: "text", value: value as string };
    default:
      return { kind: "other", name: type };
  }
}
