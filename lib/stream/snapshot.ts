/**
 * All that a stream is at one moment, small enough to be kept elsewhere: from it
 * another process makes the same samples.
 *
 * What was decoded and not read is not kept: the decoder's state before it is,
 * and making it again gives the same bits.
 *
 * @module
 */
import type { LoudnessState } from "../audio/loudness.ts";
import type { Controls } from "../protocol/mod.ts";
import type { DecoderState } from "../inference/engine.ts";
import type { BrightnessState } from "./brightness_hold.ts";
import type { Edit } from "./edits.ts";
import type { Change } from "./music_stream.ts";
import type { Stereo } from "./pcm_queue.ts";
import type { ScoreEntry } from "./score.ts";
import type { Seam } from "./seam.ts";
import type { TempoSegment } from "./tempo_map.ts";

/**
 * How far before the newest read sample a snapshot may begin, in samples: up to
 * 240 ms for an encoder to settle in, and a frame that was read and not sent.
 */
export const LOOK_BACK_SAMPLES = 11_520 + 2880;

/** A stream at one moment; plain data. */
export interface Snapshot {
  /** The first sample that can be read again. */
  from: number;
  /** Tempo at the start, in beats a minute. */
  bpm: number;
  /** What was changed since; null if that was too much. */
  changes: readonly Change[] | null;
  /** Changes that wait for their moment. */
  edits: readonly Edit[];
  /** Everything made so far; null if it is to be made again from sample 0 on. */
  made: Made | null;
}

/** Music that was made, and what it is gone on from. */
export interface Made {
  score: readonly ScoreEntry[];
  tempo: readonly TempoSegment[];
  /** Latent frames, row-major, from index `firstLatent` on. */
  latents: Float32Array;
  firstLatent: number;
  /** Index of the next latent frame to decode, and the decoder's state before it. */
  decoder: { next: number; state: DecoderState | null };
  /** Old renderings that are still to be heard. */
  seams: readonly Seam[];
  /** What the music comes out of, if that is still to be heard. */
  bridge: Stereo | null;
  /** Blocks made since the start or the last change. */
  block: number;
  /** Oldest latent frame that a new block may look back on. */
  contextStart: number;
  /** Changes that were made and can still be made anew. */
  applied: readonly Applied[];
  /** Index of the first latent frame that was decoded. */
  origin: number;
  /** Where the tempo is no longer bent towards a clock. */
  bentUntil: number;
  /** Ranges of samples [from, to) that were made with less than was asked for. */
  degraded: readonly (readonly [number, number])[];
  /** What the loudness before is known to be; null if it is not held. */
  loudness: LoudnessState | null;
  /** What is known of its brightness; null if it is not held. */
  brightness: BrightnessState | null;
}

/** A change that was made. */
export interface Applied {
  edit: Edit;
  /** The oldest latent frame to look back on, as it was before. */
  contextStart: number;
}

/** Every prompt that a stream which goes on from `snapshot` may need, each once. */
export function promptsOf(
  { edits, made }: Snapshot,
  first: Controls,
): NonNullable<Controls["prompts"]> {
  const score = made?.score.flatMap(({ prompts: { from, to } }) => [
    { prompts: from },
    { prompts: to },
  ]);
  const changes = [
    ...edits,
    ...(made?.applied.map(({ edit }) => edit) ?? []),
  ];
  const all = [
    ...(score ?? [first]),
    ...changes.flatMap(({ patch }) => patch ?? []),
  ].flatMap(({ prompts }) => prompts ?? []);
  return [...new Map(all.map((prompt) => [prompt.text, prompt])).values()];
}
