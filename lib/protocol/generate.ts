/**
 * What `/v1/generate` may be asked for.
 *
 * @module
 */
import * as v from "valibot";
import {
  Bitrate,
  BITRATE_NEEDS_OPUS,
  bitrateFits,
  DEFAULT_BITRATE,
  DEFAULT_FRAME_MS,
  FrameMs,
} from "./audio_format.ts";
import {
  EventId,
  LOOP_NEEDS_BARS,
  loopHasBars,
  PIECE_FIELDS,
} from "./client_messages.ts";
import { Duration } from "./controls.ts";
import { choice, strict } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import {
  type CheckResult,
  checkValue,
  type Fault,
  parseObject,
  show,
} from "./check.ts";

/** What the body of the response is. */
export type GenerateFormat =
  | { container: "ogg"; bitrate: number; frame_ms: 10 | 20 | 40 | 60 }
  | { container: "wav" | "pcm_s16le" };

const CONTAINERS =
  '"ogg", "wav", "pcm_s16le", or {codec} with "opus" or "pcm_s16le"';

const Container = v.pipe(
  choice(
    ["ogg", "wav", "pcm_s16le"],
    "Ogg Opus, WAV (16 bit), or bare interleaved little-endian 16-bit samples.",
  ),
  v.transform((container): GenerateFormat =>
    container === "ogg"
      ? { container, bitrate: DEFAULT_BITRATE, frame_ms: 20 }
      : { container }
  ),
);

/** `start`'s format says the same in other words. */
const CodecFormat = v.pipe(
  strict({
    codec: v.optional(
      choice(
        ["opus", "pcm_s16le"],
        "Ogg Opus, or bare 16-bit samples. opus unless said.",
      ),
      "opus",
    ),
    bitrate: v.optional(Bitrate),
    frame_ms: v.optional(FrameMs, DEFAULT_FRAME_MS),
  }),
  v.forward(
    v.check((format) => bitrateFits(format), BITRATE_NEEDS_OPUS),
    ["bitrate"],
  ),
  v.transform((
    { codec, bitrate = DEFAULT_BITRATE, frame_ms },
  ): GenerateFormat =>
    codec === "opus"
      ? { container: "ogg", bitrate, frame_ms }
      : { container: "pcm_s16le" }
  ),
);

/** `start` without `type` and `stream`; `format` names the response's body. */
export const GenerateRequest = v.pipe(
  strict({
    event_id: v.optional(EventId),
    ...PIECE_FIELDS,
    duration: v.optional(v.nullable(v.pipe(
      Duration,
      v.description("Length of the piece; 10 seconds if absent or null."),
    ))),
    pace: v.optional(v.pipe(
      PIECE_FIELDS.pace.wrapped,
      v.description(
        "As in `start`; a file always comes as fast as it is made.",
      ),
    )),
    format: v.optional(v.union([Container, CodecFormat], CONTAINERS), "ogg"),
  }),
  v.forward(v.check((piece) => loopHasBars(piece), LOOP_NEEDS_BARS), ["loop"]),
  v.description("What to make, as in `start`."),
);
export type GenerateRequest = v.InferOutput<typeof GenerateRequest>;

/** What `GET /v1/generate` takes, with the meaning of each. */
export const GENERATE_QUERY = {
  prompt: "What the music should be; repeated: a mix in equal shares.",
  seconds: "Length in seconds; 10 if neither seconds nor bars are given.",
  bars: "Length in bars, instead of seconds.",
  bpm: "Tempo, in beats a minute.",
  key: 'Tonic and scale, e.g. "A minor".',
  chords: 'Chords apart by spaces, a bar each, e.g. "Am F C G".',
  meter: "Beats a bar.",
  density: "How many notes, 0 to 1.",
  brightness: "Timbre, 0 to 1.",
  energy: "Intensity, 0 to 1.",
  parts: 'The parts that may play, apart by commas, e.g. "drums,bass".',
  guidance: "How strongly the prompt binds.",
  loop: "1: the end runs into the start without a seam; needs bars.",
  context: "Id of a clip from `PUT /v1/context` to go on from.",
  model: "A model's id; the first one unless said.",
  seed: "Seed of all randomness (u32).",
  steps: "Sampling steps.",
  format: "What the body is.",
} as const;

const NUMBERS = new Set([
  ...["seconds", "bars", "bpm", "seed", "steps", "meter", "density"],
  ...["brightness", "energy", "guidance"],
]);

const FLAGS: Readonly<Record<string, boolean>> = {
  ...{ "1": true, "true": true, "0": false, "false": false },
};
const PARTS = ["drums", "bass", "harmony", "melody"];

function bad(param: string, message: string): { ok: false; error: Fault } {
  return { ok: false, error: { code: "bad_message", message, param } };
}

/** A number as a client writes it; other text is kept for the error to show. */
function numeral(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())
    ? Number(text)
    : text;
}

/** A query has no null: what is not given is left to the model. */
const withoutNull = (text: string) => text.replace(/, or null$/, "");

/** Reads the query of `GET /v1/generate`. Never throws. */
export function parseGenerateQuery(
  query: URLSearchParams,
): CheckResult<GenerateRequest> {
  const names = Object.keys(GENERATE_QUERY);
  const given: Record<string, string | number> = {};
  for (const name of new Set(query.keys())) {
    if (!names.includes(name)) {
      return bad(
        name,
        `${show(name)} is not a known parameter, accepted: ${names.join(", ")}`,
      );
    }
    if (name === "prompt") continue;
    const values = query.getAll(name);
    if (values.length > 1) {
      return bad(
        name,
        `${name} is given ${values.length} times, accepted: once`,
      );
    }
    given[name] = NUMBERS.has(name) ? numeral(values[0]!) : values[0]!;
  }
  const { loop = "0", parts } = given;
  if (!Object.hasOwn(FLAGS, loop)) {
    return bad("loop", `loop is ${show(loop)}, accepted: 1, 0, true or false`);
  }
  const named = parts === undefined ? PARTS : `${parts}`.split(",");
  const unknown = named.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) {
    return bad(
      "parts",
      `parts has ${show(unknown)}, accepted: ${PARTS.join(", ")}`,
    );
  }
  const prompts = query.getAll("prompt");
  if (prompts.length < 1) {
    return bad(
      "prompt",
      `prompt is missing, accepted: text of 1 to ${LIMITS.prompt_chars} characters`,
    );
  }
  const { seconds, bars, loop: _loop, parts: _parts, ...rest } = given;
  if (seconds !== undefined && bars !== undefined) {
    return bad("bars", "bars is given beside seconds, accepted: one of them");
  }
  const duration = seconds !== undefined
    ? { seconds }
    : bars !== undefined
    ? { bars }
    : null;
  const result = checkValue(GenerateRequest, {
    ...rest,
    loop: FLAGS[loop],
    ...(parts !== undefined && {
      parts: Object.fromEntries(
        PARTS.map((part) => [part, named.includes(part)]),
      ),
    }),
    prompts: prompts.map((text) => ({ text })),
    duration,
  });
  return result.ok ? result : { ok: false, error: inQuery(result.error) };
}

/** Names the field as the query does. */
function inQuery(fault: Fault): Fault {
  const rename = (text: string) =>
    text.replace(/^duration\./, "").replace(
      /^prompts(\[\d+\]\.text)?/,
      "prompt",
    );
  return {
    ...fault,
    message: withoutNull(rename(fault.message)),
    ...(fault.param && { param: rename(fault.param) }),
  };
}

/** Reads the body of `POST /v1/generate`. Never throws. */
export function parseGenerateBody(text: string): CheckResult<GenerateRequest> {
  const parsed = parseObject(text);
  return parsed.ok ? checkValue(GenerateRequest, parsed.value) : parsed;
}
