/**
 * What a sample map of Strudel has in it: loops and one-shots of one prompt.
 *
 * @module
 */
import type { Parts } from "../../protocol/mod.ts";

/** Seeds by which the variations of a sound differ. */
const VARIATIONS = 4;

/** One sound of the map. */
export interface Entry {
  /** What follows the map's name, "" for the whole loop. */
  name: string;
  /** How many there are, as `n` counts them. */
  count: number;
  /** Length in beats of a one-shot; null for a loop of all bars. */
  beats: number | null;
  /** Which parts play; null: the model's choice. */
  parts: Parts | null;
}

function only(...names: (keyof Parts)[]): Parts {
  const none = { drums: false, bass: false, harmony: false, melody: false };
  return { ...none, ...Object.fromEntries(names.map((name) => [name, true])) };
}

const WHOLE: Entry = { name: "", count: VARIATIONS, beats: null, parts: null };

const PARTED: readonly Entry[] = [
  ...(["drums", "bass", "harmony", "melody"] as const).map((name) => (
    { name, count: 1, beats: null, parts: only(name) }
  )),
  { name: "hit", count: VARIATIONS, beats: 1, parts: only("drums") },
  { name: "stab", count: VARIATIONS, beats: 2, parts: only("harmony", "bass") },
];

/** The sounds that a model can make. */
export function entriesFor(understood: readonly string[]): readonly Entry[] {
  return understood.includes("parts") ? [WHOLE, ...PARTED] : [WHOLE];
}

/** Name of one file, without its folder, e.g. `loop-0.wav`. */
export function fileName({ name }: Entry, n: number): string {
  return `${name || "loop"}-${n}.wav`;
}

/** The entry and variation of a file, or null. */
export function entryOf(
  file: string,
  understood: readonly string[],
): { entry: Entry; n: number } | null {
  for (const entry of entriesFor(understood)) {
    for (let n = 0; n < entry.count; n++) {
      if (fileName(entry, n) === file) return { entry, n };
    }
  }
  return null;
}
