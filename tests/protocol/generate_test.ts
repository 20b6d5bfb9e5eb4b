import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  parseGenerateBody,
  parseGenerateQuery,
} from "../../lib/protocol/mod.ts";

function query(text: string) {
  return parseGenerateQuery(new URLSearchParams(text));
}

Deno.test("parseGenerateQuery() reads every parameter", () => {
  const result = query(
    "prompt=deep+house&seconds=2.5&bpm=124&key=A+minor&chords=Am+F&seed=7&steps=4&format=wav",
  );
  assertEquals(result, {
    ok: true,
    value: {
      prompts: [{ text: "deep house", weight: 1 }],
      duration: { seconds: 2.5 },
      bpm: 124,
      key: "A minor",
      chords: "Am F",
      seed: 7,
      steps: 4,
      loop: false,
      lead_ms: 400,
      format: { container: "wav" },
    },
  });
});

Deno.test("parseGenerateQuery() is endless Ogg Opus unless said", () => {
  const result = query("prompt=rain&prompt=wind");
  assert(result.ok);
  assertEquals(result.value.duration, null);
  assertEquals(result.value.prompts.length, 2);
  assertEquals(result.value.format, {
    container: "ogg",
    bitrate: 128_000,
    frame_ms: 20,
  });
});

const BAD_QUERIES: [string, string][] = [
  ["seconds=1", "prompt"],
  ["prompt=+", "prompt"],
  ["prompt=a&seconds=0", "seconds"],
  ["prompt=a&seconds=3601", "seconds"],
  ["prompt=a&seconds=ten", "seconds"],
  ["prompt=a&seconds=", "seconds"],
  ["prompt=a&seconds=1&bars=1", "bars"],
  ["prompt=a&bars=1.5", "bars"],
  ["prompt=a&bpm=0x50", "bpm"],
  ["prompt=a&bpm=50&bpm=60", "bpm"],
  ["prompt=a&key=H", "key"],
  ["prompt=a&seed=-1", "seed"],
  ["prompt=a&steps=9", "steps"],
  ["prompt=a&format=mp3", "format"],
  ["prompt=a&tempo=120", "tempo"],
];

for (const [text, param] of BAD_QUERIES) {
  Deno.test(`parseGenerateQuery() refuses ${text}`, () => {
    const result = query(text);
    assert(!result.ok);
    assertEquals(result.error.code, "bad_message");
    assertEquals(result.error.param, param);
    assertStringIncludes(result.error.message, "accepted: ");
  });
}

Deno.test("parseGenerateBody() reads start without type and stream", () => {
  const prompts = [{ text: "rain" }];
  const result = parseGenerateBody(JSON.stringify({
    prompts,
    duration: { bars: 4 },
    loop: true,
    pace: "asap",
    format: { codec: "opus", bitrate: 64_000 },
  }));
  assert(result.ok);
  assertEquals(result.value.format, {
    container: "ogg",
    bitrate: 64_000,
    frame_ms: 20,
  });
  for (const format of ["pcm_s16le", { codec: "pcm_s16le" }]) {
    const pcm = parseGenerateBody(JSON.stringify({ prompts, format }));
    assert(pcm.ok);
    assertEquals(pcm.value.format, { container: "pcm_s16le" });
  }
});

Deno.test("parseGenerateBody() refuses what start refuses", () => {
  const bad: [unknown, string | undefined][] = [
    [{ prompts: [{ text: "a" }], stream: "a" }, "stream"],
    [
      { prompts: [{ text: "a" }], format: { codec: "pcm_f32le" } },
      "format.codec",
    ],
    [{ prompts: [{ text: "a" }], loop: true }, "loop"],
    [{}, "prompts"],
    [[], undefined],
  ];
  for (const [body, param] of bad) {
    const result = parseGenerateBody(JSON.stringify(body));
    assert(!result.ok);
    assertEquals(result.error.param, param);
  }
  const result = parseGenerateBody("{");
  assertEquals(!result.ok && result.error.code, "bad_json");
});

Deno.test("parseGenerateQuery() never throws", () => {
  const name = fc.oneof(
    fc.constantFrom("prompt", "seconds", "bars", "key", "chords", "format"),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
    parseGenerateQuery(new URLSearchParams(pairs));
  }));
});
