import { assert, assertEquals } from "@std/assert";
import { GATE_LIMITS } from "../../lib/http/gate.ts";
import { startServer } from "../session/test_server.ts";
import { type Answered, closing, converse, frame } from "./raw_frames.ts";

const PING = JSON.stringify({ type: "ping", t: 1 });
const cut = (text: string, ...at: number[]) =>
  [0, ...at].map((from, i) => text.slice(from, at[i]));
const bytes = (...each: number[]) => Uint8Array.from(each);
const [TEXT, BINARY, CLOSE, WS_PING, WS_PONG] = [1, 2, 8, 9, 10];

interface Case {
  name: string;
  send: Uint8Array<ArrayBuffer>[];
  /** What has to come of it; `close`: the codes that are right. */
  want: Partial<Omit<Answered, "close">> & { close?: (number | null)[] };
  /** True if the runtime lets it pass, and the gate alone does not. */
  gate?: true;
}

/** It is answered, and the connection goes on. */
function good(name: string, send: Case["send"], messages = ["pong"]): Case {
  return { name, send, want: { messages, closed: false } };
}

/** The close handshake, answered with one of these codes. */
function closes(name: string, send: Case["send"], ...close: number[]): Case {
  return { name, send, want: { messages: [], closed: true, close } };
}

/**
 * The connection is failed. The runtime then lets go of it without a close
 * frame, which RFC 6455 section 7.1.7 only recommends; a runtime that sends one
 * has to say this.
 */
function bad(name: string, send: Case["send"], ...close: number[]): Case {
  const want = { messages: [], closed: true, close: [null, ...close] };
  return { name, send, want };
}

/** The same, but only the gate does so. */
function barred(...of: Parameters<typeof bad>): Case {
  return { ...bad(...of), gate: true };
}

const [a, b, c] = cut(PING, 5, 11) as [string, string, string];
const more = { final: false };
const umlaut = new TextEncoder().encode(
  JSON.stringify({ type: "ping", t: 1, event_id: "ü€𝄞" }),
);

const CASES: Case[] = [
  good("a text message", [frame(TEXT, PING)]),
  good("a binary message is no message of ours", [frame(BINARY, PING)], [
    "bad_message",
  ]),
  good("three fragments", [
    frame(TEXT, a, more),
    frame(0, b, more),
    frame(0, c),
  ]),
  good("fragments of nothing", [
    frame(TEXT, "", more),
    frame(0, PING, more),
    frame(0, ""),
  ]),
  good("an empty text is no JSON", [frame(TEXT)], ["bad_json"]),
  good("a message byte by byte", [...frame(TEXT, PING)].map((x) => bytes(x))),
  good("characters cut between fragments", [
    ...[...umlaut].slice(0, -1).map((x, i) =>
      frame(i === 0 ? TEXT : 0, bytes(x), more)
    ),
    frame(0, umlaut.slice(-1)),
  ]),
  good("a pong that nobody asked for", [
    frame(WS_PONG, "x"),
    frame(TEXT, PING),
  ]),
  ...["", "hello", "x".repeat(125)].map((payload): Case => ({
    name: `ping of ${payload.length} bytes`,
    send: [frame(WS_PING, payload), frame(TEXT, PING)],
    want: { pongs: [payload], messages: ["pong"], closed: false },
  })),
  {
    name: "ping between fragments",
    send: [frame(TEXT, a, more), frame(WS_PING, "now"), frame(0, b + c)],
    want: { pongs: ["now"], messages: ["pong"], closed: false },
  },
  bad("ping of 126 bytes", [frame(WS_PING, "x".repeat(126))], 1002),
  bad("ping in fragments", [frame(WS_PING, "x", more)], 1002),
  ...[1, 2, 4].map((reserved) =>
    bad(`reserved bit ${reserved}`, [frame(TEXT, PING, { reserved })], 1002)
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    bad(`opcode ${opcode}`, [frame(opcode)], 1002)
  ),
  barred(
    "a frame that is not masked",
    [frame(TEXT, PING, { masked: false })],
    1002,
  ),
  bad("a fragment of nothing before", [frame(0, PING)], 1002),
  bad("a message within a message", [
    frame(TEXT, a, more),
    frame(TEXT, PING),
  ], 1002),
  bad("bytes that are no UTF-8", [
    frame(TEXT, bytes(0xce, 0xba, 0xed, 0xa0, 0x80)),
  ], 1007),
  bad(
    "a character that is cut off",
    [frame(TEXT, bytes(0x22, 0xe2, 0x82))],
    1007,
  ),
  {
    name: "more than a message may be",
    send: [frame(TEXT, `"${"x".repeat(70_000)}"`)],
    want: { messages: ["message_too_big"], closed: true, close: [1009] },
  },
  {
    name: "the same in fragments",
    send: [
      frame(TEXT, "x".repeat(40_000), more),
      frame(0, "x".repeat(40_000)),
    ],
    want: { messages: ["message_too_big"], closed: true, close: [1009] },
  },
  bad("a length of 2^63", [frame(TEXT, "", { claims: 1n << 63n })], 1002, 1009),
  closes("a close", [closing(1000, "bye")], 1000),
  closes("a close without a code", [frame(CLOSE)], 1000, 1005),
  bad("a close of one byte", [frame(CLOSE, "x")], 1002),
  barred("a close of 126 bytes", [closing(1000, "x".repeat(124))], 1002),
  bad(
    "a close with a reason that is no UTF-8",
    [
      closing(1000, bytes(0xff, 0xfe)),
    ],
    1002,
    1007,
  ),
  ...[
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1010,
    1011,
    3000,
    3999,
    4000,
    4999,
  ]
    .map((code) => closes(`close ${code}`, [closing(code)], code, 1000)),
  ...[0, 999, 1004, 1005, 1006, 1015, 1100, 2000, 2999, 5000, 65535]
    .map((code) =>
      bad(`close ${code}, which nobody may say`, [closing(code)], 1002)
    ),
  closes("what follows a close is not heard", [
    closing(1000),
    frame(TEXT, PING),
  ], 1000),
];

for (const gate of [null, GATE_LIMITS]) {
  const where = gate === null ? "" : ", through the gate";
  Deno.test(`RFC 6455, frame by frame${where}`, async (t) => {
    await using server = startServer({ gate });
    for (const { name, send, want, gate: gateAlone } of CASES) {
      if (gateAlone && gate === null) continue;
      await t.step(name, async () => {
        const { close, ...rest } = want;
        const so = await converse(
          server.port,
          send,
          ({ messages, close }) =>
            close !== null || (!want.closed && messages.length > 0),
        );
        const heard: Partial<Answered> = {
          ...(rest.pongs && { pongs: so.pongs }),
          messages: so.messages,
          closed: so.closed,
        };
        assertEquals([heard, so.close], [{ ...rest }, close ? so.close : null]);
        if (close) assert(close.includes(so.close), `closed with ${so.close}`);
      });
    }
  });
}
