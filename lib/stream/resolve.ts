/**
 * What a client left open, decided.
 *
 * @module
 */
import type { Controls, Duration } from "../protocol/mod.ts";

/** Tempo where neither the client nor the model says one, in beats a minute. */
const DEFAULT_BPM = 120;
const MIN_BPM = 40;
const MAX_BPM = 240;

const NUMBER = String.raw`(\d{2,3}(?:\.\d+)?)`;
const TEMPO = new RegExp(
  String
    .raw`${NUMBER}\s*(?:bpm|beats\s+(?:per|a)\s+minute)|\bbpm\s*[:=]?\s*${NUMBER}`,
  "i",
);

/** Tempo written in a text ("at 128 bpm", "bpm: 128"), in beats a minute, or null. */
export function bpmInText(text: string): number | null {
  const match = TEMPO.exec(text);
  const bpm = Number(match?.[1] ?? match?.[2]);
  return bpm >= MIN_BPM && bpm <= MAX_BPM ? bpm : null;
}

/** Tempo written in the heaviest prompt that has one. */
function bpmInPrompts(controls: Partial<Controls>): number | null {
  const prompts = [...controls.prompts ?? []];
  prompts.sort((a, b) => b.weight - a.weight);
  for (const { text } of prompts) {
    const bpm = bpmInText(text);
    if (bpm !== null) return bpm;
  }
  return null;
}

/**
 * Tempo of a stream: asked for, else written in a prompt, else predicted.
 *
 * @param predicted Tempo that the model reads from the prompts, or null.
 */
export function resolveBpm(
  controls: Controls,
  predicted: number | null,
): number {
  const bpm = controls.bpm ?? bpmInPrompts(controls);
  if (bpm !== null) return bpm;
  const rounded = Math.round(predicted ?? DEFAULT_BPM);
  return Math.min(MAX_BPM, Math.max(MIN_BPM, rounded));
}

/**
 * Tempo that a patch asks for, or null: one that was asked for in a field stays
 * whatever later prompts say, until the field is null.
 *
 * @param before The controls that the patch is laid over.
 * @param predicted Tempo that the model reads from the prompts of controls, or null.
 */
export function bpmOfPatch(
  patch: Partial<Controls>,
  before: Controls,
  predicted: (controls: Controls) => number | null,
): number | null {
  if (patch.bpm === undefined) {
    return typeof before.bpm === "number" ? null : bpmInPrompts(patch);
  }
  const after = { ...before, ...patch };
  return resolveBpm(after, predicted(after));
}

/** Controls with the defaults of the protocol and weights that sum to 1. */
export function resolveControls(controls: Controls): Controls {
  const prompts = controls.prompts ?? [];
  const total = prompts.reduce((sum, { weight }) => sum + weight, 0);
  // What was resolved before, in a receipt, must not change in its last bit.
  const sum = Math.abs(total - 1) < 1e-9 ? 1 : total;
  return {
    ...controls,
    ...(controls.prompts && {
      prompts: prompts.map(({ text, weight }) => ({
        text,
        weight: weight / sum,
      })),
    }),
    meter: controls.meter ?? 4,
    parts: {
      drums: true,
      bass: true,
      harmony: true,
      melody: true,
      ...controls.parts,
    },
  };
}

/** Length of a piece in samples at 48 kHz. */
export function durationSamples(
  duration: Duration,
  bpm: number,
  meter: number,
): number {
  if ("seconds" in duration) return Math.round(duration.seconds * 48_000);
  return Math.round(duration.bars * meter * 60 * 48_000 / bpm);
}
