import { assertEquals, assertStringIncludes } from "@std/assert";
import { LIMITS, parseClientMessage } from "../../lib/protocol/mod.ts";

const START = { type: "start", stream: "a", prompts: [{ text: "rain" }] };
const UPDATE = { type: "update", stream: "a" };
const long = (n: number) => "x".repeat(n);
const many = (n: number) => Array.from({ length: n }, () => ({ text: "a" }));
const chords = (n: number) => Array.from({ length: n }, () => "Am").join(" ");

/** Field, path in an error, values that are accepted, values that are not. */
const TABLE: [string, string, unknown[], unknown[]][] = [
  ["stream", "stream", ["a", long(64), "A-z_0.9"], [
    "",
    long(65),
    "a b",
    "ä",
    1,
    null,
  ]],
  ["event_id", "event_id", ["", long(64)], [long(65), 1, null]],
  ["model", "model", ["pocket", long(128)], ["", long(129), 1]],
  ["seed", "seed", [0, 0xffffffff], [-1, 0x100000000, 1.5, "1", null]],
  ["duration", "duration.seconds", [
    { seconds: 0.1 },
    { seconds: LIMITS.seconds },
    null,
  ], [{ seconds: 0.09 }, { seconds: 3600.1 }, { seconds: "1" }]],
  ["duration", "duration.bars", [{ bars: 1 }, { bars: 1024 }], [
    { bars: 0 },
    { bars: 1025 },
    { bars: 1.5 },
  ]],
  ["duration", "duration", [], [{}, { bars: 1, seconds: 1 }, 4, "4", []]],
  ["loop", "loop", [false], [true, 1, "true"]],
  ["steps", "steps", [1, 8], [0, 9, 1.5, "4"]],
  ["format", "format.bitrate", [
    { bitrate: 16_000 },
    { bitrate: 510_000 },
  ], [
    { bitrate: 15_999 },
    { bitrate: 510_001 },
    { bitrate: 64_000.5 },
    { codec: "pcm_s16le", bitrate: 64_000 },
  ]],
  ["format", "format.frame_ms", [
    { frame_ms: 10 },
    { codec: "pcm_s16le", frame_ms: 60 },
  ], [{ frame_ms: 30 }, { frame_ms: 5 }, { frame_ms: "20" }]],
  ["format", "format.codec", [
    { codec: "opus" },
    { codec: "pcm_s16le" },
    { codec: "pcm_f32le" },
  ], [{ codec: "mp3" }]],
  ["format", "format", [{}], [[], "opus", null]],
  ["pace", "pace", ["realtime", "asap"], ["fast", 1]],
  ["lead_ms", "lead_ms", [40, 10_000], [39, 10_001, "400"]],
  ["prompts", "prompts", [many(1), many(8)], [[], many(9), "rain", {}, null]],
  ["prompts", "prompts[0].text", [
    [{ text: long(500) }],
    [{ text: ` ${long(500)} ` }],
    [{ text: "😀".repeat(250) }],
  ], [
    [{ text: "" }],
    [{ text: " \n" }],
    [{ text: long(501) }],
    [{ text: "😀".repeat(251) }],
    [{ text: 1 }],
    [{}],
  ]],
  ["prompts", "prompts[0].weight", [
    [{ text: "a", weight: 1e-9 }],
    [{ text: "a", weight: 10 }],
  ], [
    [{ text: "a", weight: 0 }],
    [{ text: "a", weight: 10.01 }],
    [{ text: "a", weight: null }],
  ]],
  ["bpm", "bpm", [40, 240, 127.5, null], [39.9, 240.1, "120"]],
  ["meter", "meter", [2, 12], [1, 13, 4.5, null]],
  ["key", "key", ["A minor", "C dorian", "F#m", null], [
    "",
    "H",
    "C foo",
    "minor",
    1,
  ]],
  ["chords", "chords", [
    "Am F C G",
    "Am, F",
    chords(64),
    [{ chord: "C/E", beats: 0.25 }],
    null,
  ], ["", " ", chords(65), "Am X", 5, [], {}]],
  ["chords", "chords[0].beats", [[{ chord: "Am", beats: 64 }]], [
    [{ chord: "Am", beats: 0.2 }],
    [{ chord: "Am", beats: 65 }],
    [{ chord: "Am" }],
  ]],
  ["chords", "chords[0].chord", [], [[{ chord: "X", beats: 1 }]]],
  ["density", "density", [0, 1, null], [-0.01, 1.01, "1"]],
  ["brightness", "brightness", [0, 1, null], [-0.01, 1.01, true]],
  ["energy", "energy", [0, 1, null], [-0.01, 1.01, []]],
  ["parts", "parts.drums", [{}, { drums: false, bass: true }], [{ drums: 1 }]],
  ["parts", "parts.vocals", [], [{ vocals: true }]],
  ["parts", "parts", [], [[], null, true]],
  ["guidance", "guidance", [0, 10, null], [-0.1, 10.1, "3"]],
  ["bmp", "bmp", [], [120]],
];

const UPDATE_ONLY: typeof TABLE = [
  ["ramp", "ramp.seconds", [{ seconds: 0 }, { seconds: 600 }], [
    { seconds: -1 },
    { seconds: 601 },
  ]],
  ["ramp", "ramp.beats", [{ beats: 0 }, { beats: 1024 }], [
    { beats: -1 },
    { beats: 1025 },
  ]],
  ["ramp", "ramp", [], [{}, 2, null]],
  ["at", "at", ["now", "beat", "bar", "4bar"], ["8bar", "", null]],
  ["seed", "seed", [], [1]],
];

function check(base: object, [field, param, good, bad]: typeof TABLE[number]) {
  for (const value of good) {
    const text = JSON.stringify({ ...base, [field]: value });
    const result = parseClientMessage(text);
    assertEquals(result.ok, true, `${text} ${JSON.stringify(result)}`);
  }
  for (const value of bad) {
    const text = JSON.stringify({ ...base, [field]: value });
    const result = parseClientMessage(text);
    if (result.ok) throw new Error(`${text} was accepted`);
    assertEquals(result.error.code, "bad_message");
    assertEquals(result.error.param, param, text);
    const name = param.split(".").at(-1)!;
    assertStringIncludes(result.error.message, name);
    assertStringIncludes(result.error.message, "accepted: ");
  }
}

for (const row of TABLE) {
  Deno.test(`start holds ${row[1]} to its limits`, () => check(START, row));
}
for (const row of UPDATE_ONLY) {
  Deno.test(`update holds ${row[1]} to its limits`, () => check(UPDATE, row));
}
for (const row of TABLE.slice(15, -1)) {
  Deno.test(`update holds ${row[1]} to its limits`, () => check(UPDATE, row));
}

Deno.test("start takes a loop of whole bars only", () => {
  const loop = { ...START, loop: true };
  check(loop, ["duration", "loop", [{ bars: 4 }], [{ seconds: 4 }, null]]);
});

Deno.test("ping takes finite numbers only", () => {
  for (const t of ["0", "-1.5", "1e308"]) {
    assertEquals(parseClientMessage(`{"type":"ping","t":${t}}`).ok, true);
  }
  for (const t of ["1e999", "-1e999", "null", '"1"']) {
    assertEquals(parseClientMessage(`{"type":"ping","t":${t}}`).ok, false);
  }
});
