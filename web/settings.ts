/**
 * What the page's knobs are set to, and what that means on the wire.
 *
 * @module
 */
import type {
  Controls,
  PlayOptions,
  Quantum,
  UpdateOptions,
} from "../lib/client/mod.ts";
import { parseChords } from "../lib/protocol/harmony.ts";

/** Parts of the music that can be switched. */
export const PARTS = ["drums", "bass", "harmony", "melody"] as const;

/** One prompt card. */
export interface Card {
  text: string;
  /** 0 (not in the mix) to 1. */
  weight: number;
  /** Colour on the page, in degrees of hue; follows the card. */
  hue: number;
}

/** Everything that can be set. Null leaves a control to the model. */
export interface Settings {
  cards: Card[];
  /** 40-240 beats a minute. */
  bpm: number | null;
  /** 2-12 beats a bar. */
  meter: number;
  key: string | null;
  /** As it was typed; empty leaves the chords to the model. */
  chords: string;
  /** 0-1. */
  density: number | null;
  brightness: number | null;
  energy: number | null;
  parts: Record<typeof PARTS[number], boolean>;
  at: Quantum;
  /** Length of a morph, in beats. */
  rampBeats: number;
  model: string | null;
  /** u32. */
  seed: number | null;
  /** 1-8. */
  steps: number | null;
  /** 40-10000 ms. */
  leadMs: number;
}

/** What the page opens with the first time. */
export const DEFAULTS: Settings = {
  cards: [
    { text: "upbeat funk with slap bass at 110 bpm", weight: 1, hue: 32 },
    { text: "dub techno, deep chords, tape delay", weight: 0, hue: 190 },
  ],
  bpm: null,
  meter: 4,
  key: null,
  chords: "",
  density: null,
  brightness: null,
  energy: null,
  parts: { drums: true, bass: true, harmony: true, melody: true },
  at: "now",
  rampBeats: 2,
  model: null,
  seed: null,
  steps: null,
  leadMs: 400,
};

/** Why the chords cannot be played, or null. */
export function chordsFault(chords: string): string | null {
  if (chords.trim() === "") return null;
  try {
    parseChords(chords, 4);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The controls as the wire has them; a field that cannot be used is absent. */
export function controlsOf(settings: Settings): Controls {
  const { bpm, meter, key, density, brightness, energy, parts } = settings;
  const prompts = settings.cards
    .map(({ text, weight }) => ({ text: text.trim(), weight }))
    .filter(({ text, weight }) => text !== "" && weight > 0);
  const chords = settings.chords.trim() || null;
  return {
    ...(prompts.length > 0 && { prompts }),
    ...{ bpm, meter, key, density, brightness, energy },
    ...(chordsFault(settings.chords) === null && { chords }),
    parts: { ...parts },
  };
}

/** The controls that differ from those in force. */
export function patchOf(inForce: Controls, wanted: Controls): Controls {
  const known = inForce as Record<string, unknown>;
  const changed = Object.entries(wanted).filter(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(known[name] ?? null)
  );
  return Object.fromEntries(changed) as Controls;
}

/** `start` of the settings, or null if there is no prompt to play. */
export function startOf(settings: Settings): PlayOptions | null {
  const { prompts, ...rest } = controlsOf(settings);
  if (!prompts) return null;
  const { model, seed, steps, leadMs } = settings;
  const set = Object.entries({ ...rest, model, seed, steps })
    .filter(([, value]) => value !== null);
  return { ...Object.fromEntries(set), prompts, lead_ms: leadMs };
}

/** How an update is to land. */
export function landingOf(
  { at, rampBeats }: Settings,
): Pick<UpdateOptions, "at" | "ramp"> {
  return { at, ...(rampBeats > 0 && { ramp: { beats: rampBeats } }) };
}

/** What only a new stream can change, as a text to compare. */
export function restartKey(settings: Settings): string {
  const { model, seed, steps, leadMs } = settings;
  return JSON.stringify([model, seed, steps, leadMs]);
}
