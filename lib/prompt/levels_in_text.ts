/**
 * How many notes, how bright and how driving texts ask music to be.
 *
 * @module
 */

/** Controls from 0 to 1 that words may speak of. */
export const LEVELS = ["density", "brightness", "energy"] as const;

/** Name of such a control. */
export type Level = typeof LEVELS[number];

/** As in "driving techno", not as in "driving home at night". */
const DRIVING = String
  .raw`(?<!night\s)driving(?!\s+(?:a|across|along|at|by|down|home|in|into|music|on|past|song|the|through|to|under)\b)`;

/** What words ask for, well inside of what the controls can do. */
const WORDS: Readonly<Record<Level, readonly [number, string][]>> = {
  density: [
    [0.3, "sparse|sparser|minimal|minimalist|sparing|stripped[- ]down"],
    [0.75, "busy|busier|dense|denser|intricate|hectic|frenetic"],
  ],
  brightness: [
    [0.35, "dark|darker|muffled|dull|duller|murky"],
    [0.75, "bright|brighter|crisp|brilliant|sparkling|shimmering|glittering"],
  ],
  energy: [
    [
      0.45,
      "calm|calmer|gentle|gentler|softer|soothing|quiet|quieter|" +
      "peaceful|tranquil|serene|sleepy|lullaby|relaxed|relaxing|chill|" +
      "meditative|delicate|subdued|understated",
    ],
    [
      0.75,
      `energetic|${DRIVING}|intense|aggressive|fierce|fiery|furious|powerful|` +
      "explosive|frantic|pumping|raging|high[- ]energy|hard[- ]hitting",
    ],
  ],
};

const PATTERNS = LEVELS.map((name) => ({
  name,
  rows: WORDS[name].map(([value, words]) => ({
    value,
    // "not too bright" asks for nothing.
    pattern: new RegExp(
      String
        .raw`(?<!\b(?:not|no|less|never|without)\s+(?:(?:so|too|very|at\s+all)\s+)?)\b(?:${words})\b`,
      "i",
    ),
  })),
}));

/** The levels that a text's words ask for: "sparse", "darker", "calm", "driving". One that it says both of stays open. */
export function levelsInText(text: string): Partial<Record<Level, number>> {
  const out: Partial<Record<Level, number>> = {};
  for (const { name, rows } of PATTERNS) {
    const said = rows.filter(({ pattern }) => pattern.test(text));
    if (said.length === 1) out[name] = said[0]!.value;
  }
  return out;
}
