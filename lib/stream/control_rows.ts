/**
 * Control channels of each latent frame, in the package's layout. Each group
 * ends with its mask (1 = given); the beat is always given.
 *
 * @module
 */
import { CONTROL_GROUPS, type GroupName } from "../inference/control_groups.ts";
import type { Manifest } from "../inference/manifest.ts";
import { type Level, LEVELS } from "../prompt/mod.ts";
import type { Controls } from "../protocol/mod.ts";
import { type Chord, parseChords, parseKey } from "../protocol/harmony.ts";
import { keyAt, levelAt, partsAt } from "./said.ts";
import type { Score } from "./score.ts";
import type { TempoMap } from "./tempo_map.ts";

const TAU = 2 * Math.PI;

/** What the rows are a function of. */
export interface RowSource {
  score: Score;
  tempo: TempoMap;
  /** What is asked for in the frame that starts at `sample` where the score asks for nothing. */
  brightness?: (sample: number) => number | null;
}

/** The chord that sounds at `beat` of a progression that repeats from beat 0. */
export function chordAt(chords: readonly Chord[], beat: number): Chord {
  const length = chords.reduce((sum, chord) => sum + chord.beats, 0);
  let at = beat - Math.floor(beat / length) * length;
  for (const chord of chords) {
    if (at < chord.beats) return chord;
    at -= chord.beats;
  }
  return chords.at(-1)!;
}

/** Writers of one group's channels: values for a frame that starts at `sample`. */
type Writer = (
  source: RowSource,
  sample: number,
  hop: number,
  spans: Manifest["controls"]["spans"],
) => number[];

const chordCache = new WeakMap<Controls, Chord[]>();

function chordsOf(controls: Controls): Chord[] | null {
  if (!controls.chords) return null;
  let chords = chordCache.get(controls);
  if (!chords) {
    chords = parseChords(controls.chords, controls.meter ?? 4);
    chordCache.set(controls, chords);
  }
  return chords;
}

function beatRow({ score, tempo }: RowSource, sample: number): number[] {
  const beat = tempo.beatAt(sample);
  const meter = score.at(sample).meter ?? 4;
  const turn = TAU * beat;
  const bar = TAU * beat / meter;
  return [
    Math.sin(turn),
    Math.cos(turn),
    Math.sin(bar),
    Math.cos(bar),
    Math.log2(tempo.bpmAt(sample) / 120),
  ];
}

function chordRow(
  { score, tempo }: RowSource,
  sample: number,
  hop: number,
): number[] {
  const row = new Array<number>(25).fill(0);
  const chords = chordsOf(score.at(sample));
  if (!chords) return row;
  const chord = chordAt(chords, tempo.beatAt(sample + hop / 2));
  for (const pc of chord.pcs) row[pc] = 1;
  row[12 + chord.root] = 1;
  row[24] = 1;
  return row;
}

function keyRow({ score }: RowSource, sample: number): number[] {
  const row = new Array<number>(13).fill(0);
  const key = keyAt(score, sample);
  if (!key) return row;
  for (const pc of parseKey(key).scale) row[pc] = 1;
  row[12] = 1;
  return row;
}

/** All parts allowed is no wish: the model decides which of them sound. */
function partsRow(
  { score }: RowSource,
  sample: number,
  _hop: number,
  spans: Manifest["controls"]["spans"],
): number[] {
  const allowed = partsAt(score, sample);
  if (allowed.every(Boolean)) return [0, 0, 0, 0, 0];
  const [mayNot, may] = spans?.parts ?? [0, 1];
  return [...allowed.map((each) => each ? may : mayNot), 1];
}

function gradual(name: Level): Writer {
  return ({ score, brightness }, sample, _hop, spans) => {
    const asked = levelAt(name, score, sample);
    const [least, most] = spans?.[name] ?? [0, 1];
    const value = asked !== null
      ? least + (most - least) * asked
      : name === "brightness"
      ? brightness?.(sample) ?? null
      : null;
    return value === null ? [0, 0] : [value, 1];
  };
}

const WRITERS: Readonly<Record<GroupName, Writer>> = {
  beat: beatRow,
  chord: chordRow,
  key: keyRow,
  parts: partsRow,
  density: gradual("density"),
  brightness: gradual("brightness"),
  energy: gradual("energy"),
};

/**
 * Control channels of `frames` latent frames from latent `first` on. What the
 * package does not understand is not asked of it.
 *
 * @param context How many of them are known music. What level it had is told
 * only where one is asked for in the first frame after it too: music that was
 * told its level, and is told no more, collapses.
 * @returns Row-major (frames, channels).
 */
export function controlRows(
  manifest: Manifest,
  source: RowSource,
  first: number,
  frames: number,
  context = 0,
): Float32Array {
  const { channels, layout, understood, spans } = manifest.controls;
  const heeded = (name: GroupName) =>
    name === "beat" ||
    CONTROL_GROUPS[name].controls.some((each) => understood.includes(each));
  const hop = manifest.latent.hop_samples;
  const rows = new Float32Array(frames * channels);
  for (let i = 0; i < frames; i++) {
    let at = i * channels;
    for (const [name, width] of layout) {
      // `manifest_rules.ts` lets no other names through.
      const group = name as GroupName;
      if (heeded(group)) {
        rows.set(WRITERS[group](source, (first + i) * hop, hop, spans), at);
      }
      at += width;
    }
  }
  let at = 0;
  for (const [name, width] of layout) {
    const mask = at + width - 1;
    const level = (LEVELS as readonly string[]).includes(name);
    if (level && rows[context * channels + mask] === 0) {
      for (let i = 0; i < context; i++) {
        rows.fill(0, i * channels + at, i * channels + at + width);
      }
    }
    at += width;
  }
  return rows;
}
