/**
 * Reads the names of keys and chords. Pitch classes count semitones from C (0)
 * to B (11).
 *
 * @module
 */
import { ALTERATIONS, QUALITIES, SCALES } from "./harmony_tables.ts";
import { MAX_CHORDS } from "./limits.ts";

/** A tonic and its scale. */
export interface Key {
  /** Pitch class of the tonic, 0-11. */
  tonic: number;
  /** Pitch classes of the scale, ascending from the tonic. */
  scale: number[];
  /** The scale's name, as in `SCALES`. */
  mode: string;
}

/** One chord of a progression. */
export interface Chord {
  /** Pitch class of the root, 0-11. */
  root: number;
  /** Pitch class of the lowest note: the root, or what follows the slash. */
  bass: number;
  /** Distinct pitch classes, ascending from the root; the bass is among them. */
  pcs: number[];
  /** Length, in beats. */
  beats: number;
  /** The chord as it was written. */
  symbol: string;
}

/** A chord and how long it sounds, as a client writes it. */
export interface TimedChord {
  chord: string;
  /** Length, in beats. */
  beats: number;
}

/** Names of the scales that a key may have. */
export const SCALE_NAMES: readonly string[] = [...SCALES.keys()];

const QUALITY_NAMES = [...QUALITIES.keys()].sort((a, b) => b.length - a.length);
const LETTERS: Readonly<Record<string, number>> = {
  C: 0,
  D: 2,
  E: 4,
  F: 5,
  G: 7,
  A: 9,
  B: 11,
};

/** "♯" and "♭" are what a score has, "#" and "b" what a keyboard has. */
function plainAccidentals(text: string): string {
  return text.replaceAll("♯", "#").replaceAll("♭", "b");
}

function pitchClass(letter: string, accidental: string): number {
  const shift = accidental === "#" ? 1 : accidental === "b" ? -1 : 0;
  return ((LETTERS[letter.toUpperCase()] ?? 0) + shift + 12) % 12;
}

/**
 * Reads a key, e.g. `"A minor"`, `"C dorian"`, `"F#m"`, `"Bb"`.
 *
 * @throws {RangeError} If the text names no key.
 */
export function parseKey(text: string): Key {
  const match = /^([A-Ga-g])([#b]?)(?:\s+(.*)|(m))?$/.exec(
    plainAccidentals(text.trim()),
  );
  const [, letter, accidental = "", words, m] = match ?? [];
  const mode = m ? "minor" : (words ?? "major").toLowerCase()
    .replace(/\bmaj$/, "major").replace(/\bmin$/, "minor").replace(/\s+/g, " ");
  const scale = SCALES.get(mode);
  if (!letter || !scale) {
    throw new RangeError(
      `Key ${
        quote(text)
      } is unknown, accepted: a note (C, F#, Bb) and one of ` +
        `${SCALE_NAMES.join(", ")}`,
    );
  }
  const tonic = pitchClass(letter, accidental);
  return { tonic, scale: scale.map((step) => (tonic + step) % 12), mode };
}

/** Applies what follows the quality; null if any of it is unknown. */
function alter(intervals: readonly number[], rest: string): number[] | null {
  const result = new Set(intervals);
  const plain = rest.replace(/[(),]/g, "");
  const pattern = /(?:add|no|[#b])\d+/y;
  for (let at = 0; at < plain.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const change = ALTERATIONS.get(pattern.exec(plain)?.[0] ?? "");
    if (!change) return null;
    for (const interval of change[0]) result.delete(interval);
    for (const interval of change[1]) result.add(interval);
  }
  return [...result];
}

/** Intervals of everything between root and slash; null if it is unknown. */
function chordIntervals(suffix: string): number[] | null {
  for (const name of QUALITY_NAMES) {
    if (!suffix.startsWith(name)) continue;
    const intervals = alter(QUALITIES.get(name)!, suffix.slice(name.length));
    if (intervals) return intervals;
  }
  return null;
}

/**
 * Reads one chord symbol, e.g. `"Am"`, `"F#m7b5"`, `"Cmaj9"`, `"G7/B"`.
 *
 * @throws {RangeError} If the symbol is unknown.
 */
export function parseChord(symbol: string): Omit<Chord, "beats"> {
  const match = /^([A-G])([#b]?)(.*?)(?:\/([A-G])([#b]?))?$/.exec(
    plainAccidentals(symbol.trim()),
  );
  const [, letter, accidental = "", suffix = "", over, overAccidental = ""] =
    match ?? [];
  const intervals = letter ? chordIntervals(suffix) : null;
  if (!letter || !intervals) {
    throw new RangeError(
      `Chord ${quote(symbol)} is unknown, accepted: a note and a quality, ` +
        `such as C, F#m, Bb7, Ebmaj7, Dm7b5, Gsus4, C/E`,
    );
  }
  const root = pitchClass(letter, accidental);
  const bass = over ? pitchClass(over, overAccidental) : root;
  const all = new Set([...intervals, (bass - root + 12) % 12]);
  const pcs = [...all].sort((a, b) => a - b).map((step) => (root + step) % 12);
  return { root, bass, pcs, symbol: symbol.trim() };
}

/**
 * Reads a progression: symbols apart by spaces or commas, a bar each, or a list
 * of chords with their lengths.
 *
 * @param chords The progression, 1-64 chords.
 * @param meter Beats a bar, 2-12: the length of each chord of a text.
 * @throws {RangeError} If a symbol is unknown or there are none or too many.
 */
export function parseChords(
  chords: string | readonly TimedChord[],
  meter: number,
): Chord[] {
  const list = typeof chords === "string"
    ? chords.split(/[\s,]+/).filter((symbol) => symbol !== "")
      .map((chord) => ({ chord, beats: meter }))
    : chords;
  if (list.length < 1 || list.length > MAX_CHORDS) {
    throw new RangeError(
      `A progression of ${list.length} chords, accepted: 1 to ${MAX_CHORDS}`,
    );
  }
  return list.map(({ chord, beats }) => ({ ...parseChord(chord), beats }));
}

/** Quotes what a client wrote, at most 40 characters of it. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
