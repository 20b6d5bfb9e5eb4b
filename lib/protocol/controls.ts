/**
 * What shapes the music, in `start` and in `update`.
 *
 * @module
 */
import * as v from "valibot";
import { choice, flag, integer, number, strict } from "./fields.ts";
import { parseChord, parseChords, parseKey } from "./harmony.ts";
import { LIMITS, MAX_BARS, MAX_CHORDS } from "./limits.ts";

const PROMPT_TEXT =
  `text of 1 to ${LIMITS.prompt_chars} characters, white space around it left out`;

/** One text of the mix. */
export const Prompt = strict({
  text: v.pipe(
    v.string(PROMPT_TEXT),
    v.trim(),
    v.minLength(1, PROMPT_TEXT),
    v.maxLength(LIMITS.prompt_chars, PROMPT_TEXT),
    v.description(
      "What the music should be, in words. White space around it is removed; " +
        "the length counts UTF-16 code units.",
    ),
    v.examples(["upbeat funk with slap bass at 110 bpm"]),
  ),
  weight: v.optional(
    number({
      above: 0,
      max: 10,
      description: "Share of this prompt in the mix, relative to the others.",
    }),
    1,
  ),
});
export type Prompt = v.InferOutput<typeof Prompt>;

const PROMPTS = `a list of 1 to ${LIMITS.prompts} prompts {text, weight}`;

/** The mix: every prompt with its share. */
export const Prompts = v.pipe(
  v.array(Prompt, PROMPTS),
  v.minLength(1, PROMPTS),
  v.maxLength(LIMITS.prompts, PROMPTS),
  v.description(
    "Mixed by weighted spherical interpolation of the prompt embeddings; " +
      "a change is morphed over `ramp`.",
  ),
);

/** Turns what the grammar throws into an issue at the value itself. */
function readable<T>(read: (value: T) => unknown) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      read(dataset.value);
    } catch (error) {
      addIssue({ message: (error as RangeError).message });
    }
  });
}

const KEY = 'a key such as "A minor" or "C dorian", or null';
const CHORDS =
  `chords such as "Am F C G", or a list of 1 to ${MAX_CHORDS} {chord, beats}, or null`;

/** Tonic and scale by name. */
export const KeyName = v.pipe(
  v.string(KEY),
  readable(parseKey),
  v.description(
    "Tonic and scale. Absent at the start or null: what a prompt names " +
      '("in D minor"), else the model\'s choice.',
  ),
  v.examples(["A minor", "C dorian", "F# major pentatonic"]),
);

/** One chord and its length. */
export const ChordEntry = strict({
  chord: v.pipe(
    v.string('a chord such as "Am", "F#m7b5" or "C/E"'),
    readable(parseChord),
    v.description("Chord symbol."),
    v.examples(["Am", "Fmaj7", "C/E"]),
  ),
  beats: number({
    min: 0.25,
    max: 64,
    description: "How long the chord sounds, in beats.",
  }),
});

/** A progression, repeated from its end on. */
export const Chords = v.union([
  v.pipe(
    v.string(CHORDS),
    // The meter only sets lengths; any will do to read the symbols.
    readable((chords: string) => parseChords(chords, 4)),
    v.description(
      `1 to ${MAX_CHORDS} chord symbols apart by spaces or commas, a bar each, cycled.`,
    ),
    v.examples(["Am F C G"]),
  ),
  v.pipe(
    v.array(ChordEntry, CHORDS),
    v.minLength(1, CHORDS),
    v.maxLength(MAX_CHORDS, CHORDS),
    v.description("Chords with their lengths in beats, cycled."),
  ),
], CHORDS);

/** Which parts may play. */
export const Parts = strict({
  drums: v.optional(flag("Drums and percussion may play.")),
  bass: v.optional(flag("The bass may play.")),
  harmony: v.optional(flag("Chords and pads may play.")),
  melody: v.optional(flag("Melodies may play.")),
});
export type Parts = v.InferOutput<typeof Parts>;

function level(description: string) {
  return v.optional(
    v.nullable(number({ min: 0, max: 1, orNull: true, description })),
  );
}

/** The fields of `Controls`, to be spread into messages. */
export const CONTROL_FIELDS = {
  prompts: v.optional(Prompts),
  bpm: v.optional(v.nullable(number({
    min: 40,
    max: 240,
    orNull: true,
    description: "Exact tempo, in beats a minute. Absent at the start or " +
      "null: read from the prompt, else predicted from it.",
  }))),
  meter: v.optional(integer({
    min: 2,
    max: 12,
    description: "Beats a bar; 4 unless said. Bars are counted from the " +
      "stream's start, in the meter of the moment.",
  })),
  key: v.optional(v.nullable(KeyName)),
  chords: v.optional(v.nullable(Chords)),
  density: level(
    "How many notes, 0 (few) to 1 (many); null: what prompts say of it " +
      '("sparse", "busy"), else the model\'s choice.',
  ),
  brightness: level(
    "Timbre, 0 (dark) to 1 (bright); null: what prompts say of it " +
      '("muffled", "crisp"), else the model\'s choice.',
  ),
  energy: level(
    "Intensity, 0 (calm) to 1 (driving); null: what prompts say of it " +
      '("gentle", "fierce"), else the model\'s choice.',
  ),
  parts: v.optional(v.pipe(
    Parts,
    v.description(
      "Which parts may play. At the start an absent part may play; in an " +
        "update it stays as it is. What prompts leave out in so many words " +
        '("no drums", "solo piano") does not play either.',
    ),
  )),
  guidance: v.optional(v.nullable(number({
    min: 0,
    max: 10,
    orNull: true,
    description: "How strongly the prompt binds; null: the model's own. Only " +
      "where the model package declares it.",
  }))),
};

/** Everything that shapes the music; in an update, what is absent stays. */
export const Controls = strict(CONTROL_FIELDS);
export type Controls = v.InferOutput<typeof Controls>;

/** Names of all controls. */
export const CONTROL_NAMES = Object.keys(CONTROL_FIELDS) as (keyof Controls)[];

/** How long a piece is. */
export const Duration = v.pipe(
  v.union(
    [
      strict({
        seconds: number({
          min: 0.1,
          max: LIMITS.seconds,
          description: "Length, in seconds.",
        }),
      }),
      strict({
        bars: integer({
          min: 1,
          max: MAX_BARS,
          description: "Length, in bars of the tempo and meter at the start.",
        }),
      }),
    ],
    `{"seconds": 0.1 to ${LIMITS.seconds}}, {"bars": 1 to ${MAX_BARS}} or null`,
  ),
  v.description("How long the piece is; absent or null: endless."),
);
export type Duration = v.InferOutput<typeof Duration>;

/** Over how long a change is morphed. */
export const Ramp = v.pipe(
  v.union([
    strict({
      seconds: number({
        min: 0,
        max: 600,
        description: "Length of the morph, in seconds.",
      }),
    }),
    strict({
      beats: number({
        min: 0,
        max: 1024,
        description: "Length of the morph, in beats.",
      }),
    }),
  ], '{"seconds": 0 to 600} or {"beats": 0 to 1024}'),
  v.description("Over how long the change is morphed; at once unless said."),
);
export type Ramp = v.InferOutput<typeof Ramp>;

/** Where an update may take effect. */
export const Quantum = choice(
  ["now", "beat", "bar", "4bar"],
  "The grid on which the change lands: as soon as possible, or on the next " +
    "beat, bar, or fourth bar from the stream's start.",
);
export type Quantum = v.InferOutput<typeof Quantum>;
