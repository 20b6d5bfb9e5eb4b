/**
 * Messages of clients as the grammar has them, and a little beside it.
 *
 * @module
 */
import fc from "fast-check";

/** Few ids, so that messages meet streams that are there. */
const stream = fc.constantFrom("a", "b", "c", "d");
const eventId = fc.string({ maxLength: 64 });
const prompt = fc.record({
  text: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" })
    .filter((text) => text.trim() !== ""),
  weight: fc.double({ min: 0.01, max: 10, noNaN: true }),
}, { requiredKeys: ["text"] });
const unit = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));

const controls = {
  prompts: fc.array(prompt, { minLength: 1, maxLength: 8 }),
  bpm: fc.option(fc.double({ min: 40, max: 240, noNaN: true })),
  meter: fc.integer({ min: 2, max: 12 }),
  key: fc.constantFrom("A minor", "C dorian", "F# major", "Eb lydian"),
  chords: fc.constantFrom("Am F C G", "C7 | F", "N.C.", [{
    chord: "Am",
    beats: 2,
  }]),
  density: unit,
  brightness: unit,
  energy: fc.option(fc.double({ min: 0, max: 0.99, noNaN: true })),
  parts: fc.record({ drums: fc.boolean(), bass: fc.boolean() }, {
    requiredKeys: [],
  }),
  guidance: fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
};

const format = fc.oneof(
  fc.record({
    codec: fc.constant("opus"),
    bitrate: fc.integer({ min: 16_000, max: 510_000 }),
    frame_ms: fc.constantFrom(10, 20, 40, 60),
  }, { requiredKeys: [] }),
  fc.record({ codec: fc.constantFrom("pcm_s16le", "pcm_f32le") }),
);

type Fields = Record<string, unknown>;

function message(
  type: string,
  fields: Record<string, fc.Arbitrary<unknown>>,
  required: string[] = [],
): fc.Arbitrary<Fields> {
  const all: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.constant(type),
    event_id: eventId,
    ...fields,
  };
  return fc.record(all, { requiredKeys: ["type", ...required] });
}

/** Every type with fields that are accepted, or nearly always. */
const good: fc.Arbitrary<object> = fc.oneof(
  message("start", {
    stream,
    ...controls,
    seed: fc.nat(0xffffffff),
    duration: fc.oneof(
      fc.record({ seconds: fc.double({ min: 0.1, max: 0.4, noNaN: true }) }),
      fc.record({ bars: fc.constant(1) }),
      fc.constant(null),
    ),
    loop: fc.constant(false),
    steps: fc.integer({ min: 1, max: 4 }),
    pace: fc.constantFrom("realtime", "asap"),
    lead_ms: fc.integer({ min: 40, max: 400 }),
    format,
  }, ["stream", "prompts", "duration", "pace"]).filter((each) =>
    // As fast as it can without an end would fill the test's memory.
    !(each.duration === null && each.pace === "asap")
  ),
  message("update", {
    stream,
    ...controls,
    at: fc.constantFrom("now", "beat", "bar", "4bar"),
    ramp: fc.oneof(
      fc.record({ seconds: fc.double({ min: 0, max: 4, noNaN: true }) }),
      fc.record({ beats: fc.double({ min: 0, max: 8, noNaN: true }) }),
    ),
  }, ["stream"]),
  ...["pause", "resume", "reset", "cancel", "cancel"].map((type) =>
    message(type, { stream }, ["stream"])
  ),
  message("ping", { t: fc.double({ noNaN: true, noDefaultInfinity: true }) }, [
    "t",
  ]),
  message("sync", {
    ...{ stream, beat: fc.double(), bpm: fc.double(), time_ms: fc.double() },
    latency_ms: fc.integer(),
  }, ["stream", "beat", "bpm", "time_ms"]),
  message("join", { id: fc.string({ maxLength: 30 }), stream }, ["id"]),
);

const oddKey = fc.constantFrom(
  ...[
    "__proto__",
    "constructor",
    "type",
    "stream",
    "prompts",
    "format",
    "duration",
  ],
  ...[
    "bpm",
    "seed",
    "ramp",
    "session",
    "streams",
    "last_seq",
    "context",
    "audio",
  ],
);
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(null, true, -1, 1e308, -0, "", "\u0000", "\ud800", [], {}, [[[
    [[[]]],
  ]]]),
  fc.integer({ min: 200, max: 3000 }).map((depth) => nested(depth)),
  fc.string({ minLength: 500, maxLength: 2000 }),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

/** A good message with one field that is another. */
const bent = fc.tuple(good, oddKey, odd).map(([fields, key, value]) =>
  // Assigning would set the prototype instead of a field of that name.
  Object.fromEntries([...Object.entries(fields), [key, value]])
);

/** A good message's text, cut or with another character. */
const torn = fc.tuple(good, fc.nat(), fc.string({ maxLength: 3 })).map(
  ([fields, at, text]) => {
    const whole = JSON.stringify(fields);
    const i = at % whole.length;
    return whole.slice(0, i) + text + whole.slice(i + text.length);
  },
);

/** What is sent as one message: text, or bytes for a binary frame. */
export const anyMessage: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc
  .oneof(
    { weight: 10, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: bent.map((value) => JSON.stringify(value)) },
    { weight: 3, arbitrary: torn },
    { weight: 1, arbitrary: fc.oneof(fc.string(), fc.json()) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) =>
        new Uint8Array(bytes)
      ),
    },
  );
