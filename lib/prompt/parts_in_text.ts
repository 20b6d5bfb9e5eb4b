/**
 * Parts that texts leave out.
 *
 * @module
 */

/** The parts, in the order of the control channels. */
export const PARTS = ["drums", "bass", "harmony", "melody"] as const;

/** Name of a part. */
export type Part = typeof PARTS[number];

/** What each part is called, as patterns. */
const NAMES: Readonly<Record<Part, string>> = {
  drums: String
    .raw`drums?(?:\s*(?:kit|set|track|part|beat)s?)?|percussion`,
  bass: String.raw`bass(?:\s*(?:guitar|line|part|synth)s?)?|basslines?`,
  harmony: String.raw`(?:accompaniment\s+)?chords?|harmon(?:y|ies)|comping`,
  melody: String
    .raw`(?:lead\s+)?(?:melody|melodies|tunes?)|leads?(?:\s+(?:part|line|synth|instrument)s?)?`,
};
const NAME = `(?:${Object.values(NAMES).join("|")})`;
const THE = String.raw`(?:(?:any|more|the|a|all)\s+)?`;
/** What may follow a name that is all that is spoken of: "no drum fills" leaves the drums. */
const END = String
  .raw`(?=\s*(?:$|[^\s\w'-]|(?:and|or|nor|but|with|at|in|for|please|just|only|no|without)\b))`;

/** Names with one of `joints` between them. */
function list(joints: string): string {
  return String.raw`${THE}${NAME}(?:\s*(?:${joints})\s*${THE}${NAME}${END})*`;
}

const WITHOUT = new RegExp(
  String
    .raw`\b(?:no|without|w/o|minus|sans)\s+(?:beats?|(${
    list(String.raw`/|&|\+|\b(?:and|or|nor)\b`)
  }))${END}`,
  "gi",
);
const LESS = /\b(?:beat|(drum|bass|chord|melody))[-\s]?(?:less|free)\b/gi;
const SOME = list(String.raw`,|/|&|\+|,?\s*\band\b`);
const ONLY = [
  String
    .raw`(?<!\bnot\s+)\b(?:only|just|solo|nothing\s+but)\s+(${SOME})(?=\s*(?:$|[^\s\w'&+/-]|(?:at|in|for|please)\b))`,
  String.raw`\b(${SOME})\s+(?:only|alone)(?=\s*(?:$|[^\s\w'-]))`,
].map((pattern) => new RegExp(pattern, "gi"));
/** An instrument that plays alone has no rhythm section, unless one is named beside it. */
const SOLO =
  /\b(?:solo|unaccompanied)\s+(?:[\w-]+\s+){0,2}?(?:piano|guitar|harp|violin|viola|cello|flute|clarinet|oboe|sax(?:ophone)?|trumpet|organ|harpsichord|accordion|banjo|ukulele|marimba|vibraphone|music\s+box)\b/i;

function named(text: string): Part[] {
  return PARTS.filter((part) =>
    new RegExp(String.raw`\b(?:${NAMES[part]})\b`, "i").test(text)
  );
}

/** Parts that a text leaves out: "no drums", "without bass or melody", "drumless", "only drums", "solo piano". */
export function partsLeftOut(text: string): Set<Part> {
  const out = new Set<Part>();
  let rest = text.replace(/\s+/g, " ");
  for (const pattern of [WITHOUT, LESS]) {
    rest = rest.replace(pattern, (_, names = "drums") => {
      for (const part of named(names)) out.add(part);
      return ",";
    });
  }
  for (const pattern of ONLY) {
    for (const [, names] of rest.matchAll(pattern)) {
      const kept = named(names!);
      for (const part of PARTS) if (!kept.includes(part)) out.add(part);
    }
  }
  if (SOLO.test(rest)) {
    const beside = named(rest);
    for (const part of ["drums", "bass"] as const) {
      if (!beside.includes(part)) out.add(part);
    }
  }
  return out;
}
