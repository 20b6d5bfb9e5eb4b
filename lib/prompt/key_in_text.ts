/**
 * Keys that texts name.
 *
 * @module
 */

const NOTE = String
  .raw`(?<note>[A-G])(?:\s?(?<accidental>[#b♯♭])|[-\s](?<word>sharp|flat))?`;
const MODE = String
  .raw`[-\s](?<mode>(?:harmonic\s|melodic\s)?minor|min|major|maj|ionian|dorian|phrygian|lydian|mixolydian|aeolian|locrian)\b`;
/** A name that nothing goes on from: "in C" says a key, "in C sharp relief" none. */
const ENDS = String.raw`(?=\s*(?:$|[^\s\w-]|(?:at|and|with|for)\b))`;

/** From the plainest way to name a key to the barest. */
const PATTERNS = [
  // "in D minor", "key of f# dorian"; but "in a minor key" says a mood.
  String
    .raw`\b(?:in|key(?:\s+of|:)?)\s+(?!a\s+m\w+[-\s]+(?:key|mode|mood|chord|scale|third|tonality))${NOTE}${MODE}`,
  // "D minor", but no "A minor hit"
  String.raw`(?<![\w'#♯♭-])(?!a\b)${NOTE}${MODE}`,
].map((pattern) => new RegExp(pattern, "i")).concat([
  // "..., A minor, ..."
  String.raw`(?<![\w'#♯♭-])${NOTE}${MODE}${ENDS}`,
  // "in Am", "key of Bb"
  String.raw`\b(?:[Ii]n|[Kk]ey(?:\s+of|:)?)\s+${NOTE}(?<minor>m)?${ENDS}`,
].map((pattern) => new RegExp(pattern)));

/** Key that a text names ("in D minor", "F# dorian", "key of Bb"), as `key` takes it, or null. */
export function keyInText(text: string): string | null {
  const plain = text.replace(/\s+/g, " ");
  for (const pattern of PATTERNS) {
    const said = pattern.exec(plain)?.groups;
    if (!said) continue;
    const { note, accidental, word, mode, minor } = said;
    const sign = accidental
      ? "♯#".includes(accidental) ? "#" : "b"
      : word
      ? word.toLowerCase() === "sharp" ? "#" : "b"
      : "";
    return `${note!.toUpperCase()}${sign} ${
      mode?.toLowerCase() ?? (minor ? "minor" : "major")
    }`;
  }
  return null;
}
