/**
 * What a client of Lyria RealTime says: the messages that `@google/genai` sends
 * for `ai.live.music`. Each has exactly one of four fields.
 *
 * @module
 */
import * as v from "valibot";
import {
  type CheckResult,
  checkValue,
  type Fault,
  parseObject,
  show,
} from "../protocol/check.ts";
import { choice, flag, integer, number, strict } from "../protocol/fields.ts";
import { SCALES } from "./scales.ts";

const PROMPT = "an object of text and weight";

/** One text of the mix; whether it can be played is judged one by one. */
const WeightedPrompt = v.object({
  text: v.nullish(v.unknown()),
  weight: v.nullish(v.unknown()),
}, PROMPT);

const MODES = [
  "MUSIC_GENERATION_MODE_UNSPECIFIED",
  "QUALITY",
  "DIVERSITY",
  "VOCALIZATION",
] as const;

/** What is accepted: the ranges of Lyria, or wider ones. */
const GenerationConfig = strict({
  temperature: v.nullish(
    number({ min: 0, max: 3, description: "Ignored." }),
  ),
  topK: v.nullish(integer({ min: 1, max: 1000, description: "Ignored." })),
  seed: v.nullish(integer({
    min: -(2 ** 31),
    max: 2 ** 32 - 1,
    description: "Seed of the music that the next PLAY after a STOP begins.",
  })),
  guidance: v.nullish(
    number({ min: 0, max: 10, description: "How strongly the prompts bind." }),
  ),
  bpm: v.nullish(
    number({ min: 40, max: 240, description: "Beats a minute." }),
  ),
  density: v.nullish(number({ min: 0, max: 1, description: "0 to 1." })),
  brightness: v.nullish(number({ min: 0, max: 1, description: "0 to 1." })),
  scale: v.nullish(choice([...SCALES.keys()], "Key and its relative minor.")),
  muteBass: v.nullish(flag("No bass.")),
  muteDrums: v.nullish(flag("No drums.")),
  onlyBassAndDrums: v.nullish(flag("Nothing else.")),
  musicGenerationMode: v.nullish(choice(MODES, "Ignored.")),
});
/** The whole configuration: what is absent has its default. */
export type GenerationConfig = v.InferOutput<typeof GenerationConfig>;

const FIELDS = {
  setup: v.object({ model: v.string("a model's name") }, "an object of model"),
  clientContent: strict({
    weightedPrompts: v.array(WeightedPrompt, `a list of ${PROMPT}`),
  }),
  musicGenerationConfig: GenerationConfig,
  playbackControl: choice(
    ["PLAY", "PAUSE", "STOP", "RESET_CONTEXT"],
    "What is to happen.",
  ),
};

/** A message, or part of one: its field with its value. */
export type LyriaMessage = {
  [K in keyof typeof FIELDS]: {
    kind: K;
    value: v.InferOutput<(typeof FIELDS)[K]>;
  };
}[keyof typeof FIELDS];

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** Reads one message. Never throws. */
export function readLyria(text: string): CheckResult<LyriaMessage> {
  const parsed = parseObject(text);
  if (!parsed.ok) return parsed;
  const given = Object.keys(parsed.value);
  const name = NAMES.find((each) => each === given[0]);
  if (given.length !== 1 || name === undefined) {
    return bad(
      `the message has ${
        given.map((each) => show(each)).join(", ") || "no field"
      }, accepted: exactly one of ${NAMES.join(", ")}`,
    );
  }
  const schema = FIELDS[name] as v.GenericSchema<unknown, unknown>;
  const checked = checkValue(v.object({ [name]: schema }), parsed.value);
  if (!checked.ok) return checked;
  const message = { kind: name, value: checked.value[name] } as LyriaMessage;
  return { ok: true, value: message };
}

function bad(message: string): { ok: false; error: Fault } {
  return { ok: false, error: { code: "bad_message", message } };
}
