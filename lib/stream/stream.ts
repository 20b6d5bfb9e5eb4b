/**
 * One piece of music: makes blocks ahead of what is read, and makes again what
 * an update voids.
 *
 * A single loop does one thing at a time: a change, a decoder window, a block,
 * or windows beside the blocks that come after them. `update`, `reset` and
 * `read` only leave notes for the loop and wake it.
 *
 * @module
 */
import { levelGain } from "../audio/loudness.ts";
import type { Model } from "../inference/engine.ts";
import type { Pressure } from "../inference/load.ts";
import type { Controls, Quantum, Ramp } from "../protocol/mod.ts";
import { blockLength, contextLengths } from "./block_plan.ts";
import { type BlockInput, makeBlock } from "./block.ts";
import { BrightnessHold, type BrightnessState } from "./brightness_hold.ts";
import { Changes } from "./changes.ts";
import { controlRows, type RowSource } from "./control_rows.ts";
import { type DecoderStart, DecodeTrack } from "./decode_track.ts";
import { type Edit, EditQueue } from "./edits.ts";
import { type BeatClock, behind, bendTo } from "./follow.ts";
import { LatentTrack } from "./latent_track.ts";
import { Loop } from "./loop.ts";
import { LoudnessTrack } from "./loudness_track.ts";
import type {
  Change,
  Followed,
  MusicStream,
  Opening,
  PcmChunk,
  Scheduled,
  StreamOptions,
  StreamTimings,
} from "./music_stream.ts";
import { PcmQueue, type Stereo } from "./pcm_queue.ts";
import type { PromptMixer } from "./prompt_mixer.ts";
import { bpmOfPatch, resolveControls } from "./resolve.ts";
import { qualityUnder } from "./quality.ts";
import { partsAt } from "./said.ts";
import { mergePatches, Score } from "./score.ts";
import {
  blendBridge,
  blendSeam,
  CROSSFADE_SAMPLES,
  fadeIn,
  fadeOut,
  hush,
  type Seam,
  seamAfter,
  seamBefore,
} from "./seam.ts";
import { Signal } from "./signal.ts";
import {
  type Applied,
  LOOK_BACK_SAMPLES,
  type Made,
  type Snapshot,
} from "./snapshot.ts";
import { Spans } from "./spans.ts";
import { TempoMap } from "./tempo_map.ts";

/** Audio made ahead of what was read, in samples: enough that another stream's turn is not heard. */
const AHEAD_SAMPLES = 3 * 48_000;

/** By so much of its beginning a loop is levelled, in samples: nothing of it is read before. */
const LEVELLED_SAMPLES = 8 * 48_000;

/** With less than this made ahead, in samples, somebody waits. */
const HUNGRY_SAMPLES = 120_000;

/** So many latent frames that are not decoded are enough ahead. */
const AHEAD_FRAMES = 96;

/** Latent frames of an opening that are decoded before the decoder's context is full. */
const WARM_FRAMES = 2;

/** Bends of the tempo wait for one another no longer than this, in samples (8 s): a client cannot pile them up. */
const MOST_BENT_SAMPLES = 8 * 48_000;

/** When a unit of work is due, and whose it is. */
interface Urgency {
  deadlineMs: number;
  interactive: boolean;
  owner: Stream;
}

/** What `createStream` has found out before the stream exists. */
export interface StreamInit
  extends Omit<StreamOptions, "context" | "snapshot"> {
  /** Where to go on from, or null. */
  snapshot: Snapshot | null;
  /** Music that goes before sample 0, or null. */
  opening: Opening | null;
  mixer: PromptMixer;
  bpm: number;
  steps: number;
  /** True if there may be fewer while the server is busy. */
  elastic: boolean;
  totalSamples: number | null;
  promptMs: number;
}

/** Implements {@linkcode MusicStream} on a model. */
export class Stream implements MusicStream {
  readonly seed: number;
  readonly steps: number;
  readonly totalSamples: number | null;
  readonly timings: StreamTimings;
  readonly degraded: Spans = new Spans();
  readonly firstControls: Controls;
  readonly loop: boolean;
  readonly #changes: Changes;

  #model: Model;
  #elastic: boolean;
  #hop: number;
  #mixer: PromptMixer;
  #score: Score;
  #tempo: TempoMap;
  /** Null if the piece does not loop. */
  #loop: Loop | null;
  /** What the music comes out of, or null. */
  #bridge: Stereo | null;
  /** What a loop is multiplied by, null until that is known: it ends as loud as it begins. */
  #loopGain: number | null = 1;
  /** Null if the music is as loud as it is made, or a loop. */
  #loudness: LoudnessTrack | null;
  /** Null if the music is as bright as it is made. */
  #brightness: BrightnessHold | null;
  readonly #firstBpm: number;

  /** Index of the first latent frame that is decoded. */
  #origin: number;
  #latents: LatentTrack;
  #decoder: DecodeTrack;
  #pcm = new PcmQueue(0);
  #edits = new EditQueue();
  /** Old renderings that are still to be heard, in order of time. */
  #seams: Seam[] = [];
  /** Where the tempo is no longer bent towards a clock. */
  #bentUntil = 0;
  /** Blocks made since the start or the last change. */
  #block = 0;
  /** Oldest latent frame that a new block may look back on. */
  #contextStart: number;
  /** Changes that were made in music which nobody has read yet: one that comes before them voids them. */
  #applied: Applied[] = [];

  #abort = new AbortController();
  #blockAbort = new AbortController();
  /** First latent frame of the block being made, or null. */
  #making: number | null = null;
  #updating: Promise<void> = Promise.resolve();
  #dueMs = 0;
  /** When the first sample made since the start or the last change is due. */
  #freshDueMs = 0;
  #signal = new Signal();
  #failure: unknown = null;
  #version = 0;
  #started = false;
  #heard = false;

  constructor(init: StreamInit) {
    this.seed = init.seed;
    this.steps = init.steps;
    this.#elastic = init.elastic;
    this.loop = init.loop;
    this.firstControls = resolveControls(init.controls);
    this.totalSamples = init.totalSamples;
    this.timings = {
      queueMs: 0,
      promptMs: init.promptMs,
      stepsMs: [],
      decodeMs: 0,
    };
    this.#model = init.model;
    this.#hop = init.model.manifest.latent.hop_samples;
    this.#mixer = init.mixer;
    this.#score = new Score(this.firstControls);
    this.#tempo = new TempoMap(init.bpm);
    this.#loop = this.#makeLoop(init);
    this.#firstBpm = init.bpm;
    this.#bridge = init.opening?.bridge ?? null;
    // What goes on from other audio goes on as loud.
    const { loudness } = init.model.manifest;
    const held = loudness !== undefined && init.opening === null;
    const loops = this.#loop !== null;
    this.#loudness = held && !loops ? new LoudnessTrack(loudness) : null;
    if (held && loops && this.#levelIsOurs(0)) this.#loopGain = null;
    this.#brightness = this.#newBrightness();
    this.#changes = new Changes(init.snapshot?.changes);
    for (const edit of init.snapshot?.edits ?? []) this.#edits.add({ ...edit });
    const { decoder, latent } = init.model.manifest;
    const opening = init.opening?.latents ?? new Float32Array();
    const openingFrames = opening.length / latent.channels;
    this.#origin = this.#loop?.origin ??
      -(openingFrames === 0
        ? decoder.preroll_frames
        : Math.min(openingFrames, decoder.context_frames + WARM_FRAMES));
    this.#contextStart = Math.min(this.#origin, -openingFrames);
    this.#latents = new LatentTrack(this.#contextStart);
    this.#latents.append(opening, latent.channels);
    this.#decoder = this.#decodeTrack();
    const { from = 0, made = null } = init.snapshot ?? {};
    if (made !== null) this.#goOn(from, made);
  }

  get version(): number {
    return this.#version;
  }

  get bpm(): number {
    return this.#tempo.bpmAt(Number.MAX_SAFE_INTEGER);
  }

  get meter(): number {
    return this.controls.meter ?? 4;
  }

  get controls(): Controls {
    return this.#score.latest;
  }

  get changes(): readonly Change[] | null {
    return this.#changes.all;
  }

  get position(): number {
    return this.#pcm.start;
  }

  ignoredControls(patch: Partial<Controls>): string[] {
    const { understood } = this.#model.manifest.controls;
    return Object.entries(patch)
      .filter(([name, value]) =>
        name !== "prompts" && value !== null && value !== undefined &&
        !understood.includes(name)
      )
      .map(([name]) => name);
  }

  /** Prompts of `controls` of which the model knows no word. */
  notUnderstood(controls: Partial<Controls>): string[] {
    return this.#mixer.notUnderstood(controls);
  }

  async read(
    samples: number,
    { deadlineMs }: { deadlineMs: number },
  ): Promise<PcmChunk> {
    this.#dueMs = deadlineMs;
    this.#start(deadlineMs);
    const left = (this.totalSamples ?? Infinity) - this.position;
    const count = Math.min(samples, left);
    this.#signal.notify();
    while (!this.#readable(this.position + count)) {
      if (this.#failure !== null) throw this.#failure;
      await this.#signal.wait();
    }
    const sample = this.position;
    const pcm = this.#pcm.shift(count);
    this.#loudness?.process(pcm, (at) => this.#levelIsOurs(at));
    amplify(pcm, this.#loopGain!);
    this.#signal.notify();
    return {
      sample,
      beat: this.#tempo.beatAt(sample),
      ...pcm,
      last: count === left,
    };
  }

  async update(
    patch: Partial<Controls>,
    { at, ramp, leadMs = Infinity }: {
      at: Quantum;
      ramp: Ramp | null;
      leadMs?: number;
    },
  ): Promise<Scheduled> {
    // One after the other: the later update wins, however long its words take.
    const before = this.#updating;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#updating = promise;
    try {
      await before;
      const keep = [
        ...this.#score.recent,
        ...this.#edits.patches,
        ...this.#applied.flatMap(({ edit }) => edit.patch ?? []),
      ];
      await this.#mixer.prepare(patch, keep, {
        deadlineMs: performance.now(),
        signal: this.#abort.signal,
      });
    } finally {
      resolve();
    }
    const sample = this.#landing(at, leadMs);
    const tempo = this.#plannedTempo();
    const rampSamples = ramp === null
      ? 0
      : "seconds" in ramp
      ? Math.round(ramp.seconds * 48_000)
      : beatsInRamp(tempo, sample, ramp.beats, this.#bpmAt(sample, patch));
    return this.#schedule(sample, patch, rampSamples);
  }

  async lead(
    samples: number,
    { deadlineMs }: { deadlineMs: number },
  ): Promise<Stereo | null> {
    if (this.#loop === null) return null;
    this.#start(deadlineMs);
    while (this.#pcm.end <= 0 || this.#loopGain === null) {
      if (this.#failure !== null) throw this.#failure;
      await this.#signal.wait();
    }
    return amplify(this.#loop.lead(samples), this.#loopGain);
  }

  follow(
    clock: BeatClock,
    { leadMs = Infinity }: { leadMs?: number } = {},
  ): Followed {
    const landing = this.#landing("now", leadMs);
    const { bpm } = clock;
    const tempo = this.#plannedTempo();
    // A bend that is under way is left to end.
    const at = Math.max(landing, this.#bentUntil);
    const off = behind(tempo, clock, at, this.meter);
    const bend = at - landing > MOST_BENT_SAMPLES
      ? null
      : bendTo(tempo, clock, at, { meter: this.meter, hop: this.#hop });
    if (bend !== null) {
      this.#bentUntil = at + bend.samples;
      this.#schedule(at, { bpm: bend.bpm }, 0);
      this.#schedule(this.#bentUntil, { bpm }, 0);
    }
    return {
      atSample: at,
      behindMs: off * 60_000 / bpm,
      lockedSample: Math.max(at, this.#bentUntil),
    };
  }

  reset(): Scheduled {
    return this.#schedule(this.#landing("now", Infinity), null, 0);
  }

  snapshot(from: number): Snapshot | null {
    const bpm = this.#firstBpm;
    const { all: changes } = this.#changes;
    if (this.#loop === null) {
      const edits = structuredClone(this.#edits.all);
      return { from, bpm, changes, edits, made: this.#made(from) };
    }
    // Its beginning is needed again at its end: such a piece is short enough to be made anew.
    if (changes === null) return null;
    const edits = changes.map(({ atSample: at, rampSamples: ramp, patch }) => ({
      ...{ at, ramp, patch, latent: Math.floor(at / this.#hop) },
    }));
    return { from: 0, bpm, changes, edits, made: null };
  }

  cancel(): void {
    const reason = new DOMException("The stream was cancelled", "AbortError");
    this.#fail(reason);
  }

  /** What there is of the music from a sample on, and before it as far as it matters. */
  #made(from: number): Made {
    const { channels } = this.#model.manifest.latent;
    const { first, end } = this.#latents;
    const bridge = this.#bridge;
    return {
      score: this.#score.entriesFrom(first * this.#hop),
      tempo: [...this.#tempo.segments],
      latents: this.#latents.slice(first, end, channels),
      firstLatent: first,
      decoder: this.#decoder.before(Math.floor(from / this.#hop)),
      seams: this.#seams.filter((seam) => seamAfter(seam, from)),
      bridge: bridge && bridge.left.length > from ? bridge : null,
      block: this.#block,
      contextStart: this.#contextStart,
      applied: structuredClone(this.#applied),
      origin: this.#origin,
      bentUntil: this.#bentUntil,
      degraded: this.degraded.all,
      loudness: this.#loudness?.before(from) ?? null,
      brightness: this.#brightness?.state ?? null,
    };
  }

  /** True where nobody asks for a level, or for parts that have one of their own. */
  #levelIsOurs(sample: number): boolean {
    const { energy = null, parts } = this.#score.heardAt(sample);
    return energy === null && Object.values(parts ?? {}).every(Boolean);
  }

  #goOn(from: number, made: Made): void {
    this.#score = Score.of(made.score);
    this.#tempo = TempoMap.of(made.tempo);
    this.#latents = new LatentTrack(made.firstLatent);
    this.#latents.append(
      made.latents,
      this.#model.manifest.latent.channels,
    );
    this.#origin = made.origin;
    this.#decoder = this.#decodeTrack(made.decoder);
    this.#pcm = new PcmQueue(from);
    this.#seams = [...made.seams];
    this.#bridge = made.bridge;
    this.#block = made.block;
    this.#contextStart = made.contextStart;
    this.#applied = [...made.applied];
    this.#bentUntil = made.bentUntil;
    const { loudness } = this.#model.manifest;
    this.#loudness = loudness && made.loudness
      ? new LoudnessTrack(loudness, from, made.loudness)
      : null;
    this.#brightness = made.brightness && this.#newBrightness(made.brightness);
    for (const [start, end] of made.degraded) this.degraded.add(start, end);
  }

  #decodeTrack(from?: DecoderStart): DecodeTrack {
    const last = Math.ceil((this.totalSamples ?? Infinity) / this.#hop);
    const range = { origin: this.#origin, last };
    return new DecodeTrack(this.#model, this.#latents, range, from);
  }

  /** A loop ends as it begins. */
  #newBrightness(state?: BrightnessState): BrightnessHold | null {
    const { brightness, ...manifest } = this.#model.manifest;
    return brightness && this.#loop === null
      ? new BrightnessHold({ ...manifest, brightness }, state)
      : null;
  }

  #makeLoop({ loop, totalSamples, model }: StreamInit): Loop | null {
    if (!loop || totalSamples === null) return null;
    const { latent, decoder, denoiser, encoder } = model.manifest;
    return new Loop({
      total: totalSamples,
      hop: latent.hop_samples,
      channels: latent.channels,
      preroll: decoder.preroll_frames,
      multiple: denoiser.frames.multiple,
      encoder: encoder && model.encodeAudio
        ? {
          lookahead: encoder.lookahead_samples,
          encode: (audio) =>
            model.encodeAudio!(audio, {
              ...this.#urgency(),
              signal: this.#abort.signal,
            }),
        }
        : null,
    });
  }

  /** Begins to make music, when somebody first wants some. */
  #start(deadlineMs: number): void {
    if (this.#started) return;
    this.#started = true;
    this.#dueMs = deadlineMs;
    this.#freshDueMs = deadlineMs;
    this.#run().catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#abort.abort(this.#failure);
    this.#blockAbort.abort(this.#failure);
    this.#signal.notify();
  }

  /** First sample at which a change that arrives now can be heard. */
  #landing(at: Quantum, leadMs: number): number {
    // A client with little in hand would run dry while the block is made again.
    const margin = Math.max(0, this.#remakeMs() - leadMs) * 48;
    const earliest = Math.ceil((this.position + margin) / this.#hop) *
      this.#hop;
    if (at === "now") return earliest;
    const tempo = this.#plannedTempo();
    const made = this.#applied.map(({ edit }) => edit);
    const meters = [...made, ...this.#edits.all]
      .filter(({ patch }) => patch?.meter);
    let from = earliest;
    while (true) {
      const meter = meters.findLast((edit) => edit.at <= from)?.patch?.meter ??
        this.#score.at(from).meter ?? 4;
      const quantum = at === "beat" ? 1 : at === "bar" ? meter : 4 * meter;
      const landing = nextMultiple(tempo, from, quantum);
      // In another meter the bars are others.
      const next = meters.find((edit) => edit.at > from && edit.at < landing);
      if (!next) return landing;
      from = next.at;
    }
  }

  /** Only who is to hear it in time gives up anything for that. */
  #pressure(): Pressure {
    return this.#elastic ? this.#model.pressure ?? 0 : 0;
  }

  /** About how long it takes to hear something made anew, in ms. */
  #remakeMs(): number {
    const { stepsMs, decodeMs } = this.timings;
    return 1.5 * (stepsMs.reduce((sum, ms) => sum + ms, 0) + decodeMs) + 20;
  }

  #schedule(
    at: number,
    patch: Partial<Controls> | null,
    ramp: number,
  ): Scheduled {
    const latent = Math.floor(at / this.#hop);
    const scheduled = {
      atSample: at,
      atBeat: this.#plannedTempo().beatAt(at),
    };
    if (at >= (this.totalSamples ?? Infinity)) return scheduled;
    const edit = { at, latent, patch, ramp };
    const made = this.#applied.some((each) => each.edit.at === at);
    const shared = this.#edits.add(edit) || made;
    this.#version++;
    // Only what ends has a receipt.
    if (this.totalSamples !== null) {
      const resolved = patch && resolvePatch(this.controls, patch);
      this.#changes.add({ ...edit, patch: resolved }, shared);
    }
    // A block that would be voided whole need not be finished.
    if (this.#making !== null && latent <= this.#making) {
      this.#blockAbort.abort();
    }
    this.#signal.notify();
    return scheduled;
  }

  /** True if everything before `end` is made and no waiting change can touch it. */
  #readable(end: number): boolean {
    if (this.#failure !== null || this.#pcm.end < end) return false;
    if (this.#loopGain === null) return false;
    const edit = this.#edits.next;
    return !edit || edit.latent * this.#hop >= end;
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const edit = this.#edits.next;
      if (edit && this.#ready(edit)) {
        await this.#apply(edit);
      } else if (!this.#wanted()) {
        await this.#signal.wait();
      } else if (this.#decoder.next === this.#latents.end) {
        await this.#extend();
      } else if (this.#hungry()) {
        await this.#hurry();
      } else {
        await this.#decodeWindow();
      }
    }
  }

  /** True if somebody waits, and no change is near that would void what is made in haste. */
  #hungry(): boolean {
    return this.#heard && this.#loop === null && !this.#edits.next &&
      this.#pcm.end - this.position < HUNGRY_SAMPLES;
  }

  /** Decodes what is there, and makes blocks meanwhile. */
  async #hurry(): Promise<void> {
    let decoding = true;
    const decoded = this.#decodeRest().finally(() => {
      decoding = false;
      this.#signal.notify();
    });
    decoded.catch(() => {}); // told below
    const wanted = () =>
      decoding && this.#hungry() &&
      this.#latents.end * this.#hop < (this.totalSamples ?? Infinity);
    while (wanted()) {
      const ahead = this.#latents.end - this.#decoder.begun;
      await (ahead < AHEAD_FRAMES ? this.#extend() : this.#signal.wait());
    }
    await decoded;
  }

  /** Decodes what is there as far as it is wanted, unless a change comes. */
  async #decodeRest(): Promise<void> {
    const more = () =>
      this.#decoder.behind && !this.#edits.next && this.#wanted();
    let last: Promise<void> | undefined;
    while (more()) {
      // Two at a time: the network of one beside the synthesis of the other.
      const window = this.#decodeWindow();
      window.catch(() => {}); // told below
      await last;
      last = window;
      // By the end of it there may be another block.
      if (!more()) await last;
    }
    await last;
  }

  /** True once the old rendering reaches as far as the edit needs it. */
  #ready({ at, latent }: Edit): boolean {
    // A loop is levelled by what it was before any change, whenever that comes.
    if (this.#loopGain === null) return false;
    const onGrid = at === latent * this.#hop;
    const needed = onGrid ? at : at + CROSSFADE_SAMPLES;
    return this.#decoder.next >= latent &&
      this.#pcm.end >= Math.min(needed, this.totalSamples ?? Infinity);
  }

  #wanted(): boolean {
    if (this.totalSamples !== null && this.#pcm.end >= this.totalSamples) {
      return false;
    }
    return this.#loopGain === null ||
      this.#pcm.end - this.position < AHEAD_SAMPLES;
  }

  /**
   * Deadline of the next unit of work: when the first sample it makes is due.
   * The first block since the start or a change is one errand: were its later
   * windows to wait for other streams' first ones, all would begin, and starve.
   */
  #urgency(): Urgency {
    const interactive = this.#block === 0 ||
      this.#block === 1 && this.#decoder.next < this.#latents.end;
    const deadlineMs = interactive
      ? this.#freshDueMs
      : this.#dueAt(this.#pcm.end);
    return { deadlineMs, interactive, owner: this };
  }

  /** The same of a block, which may be made before the last one is decoded. */
  #urgencyOfBlock(first: number): Urgency {
    if (this.#block === 0) return this.#urgency();
    const deadlineMs = this.#dueAt(first * this.#hop);
    return { deadlineMs, interactive: false, owner: this };
  }

  /** When a sample is due, on the `performance.now()` clock. */
  #dueAt(sample: number): number {
    // Of a loop nothing is heard before it is levelled: that is due within a second.
    const samplesPerMs = this.#loopGain === null ? LEVELLED_SAMPLES / 1000 : 48;
    return this.#dueMs + (sample - this.position) / samplesPerMs;
  }

  /** Makes everything anew from an edit on, with all that wait for its sample. */
  async #apply({ at, latent }: Edit): Promise<void> {
    const start = latent * this.#hop;
    const seam: Seam | null = at > start
      ? { start, at, old: this.#withoutChange(start, at) }
      : null;
    await this.#decoder.rewind(latent, {
      ...this.#urgency(),
      signal: this.#abort.signal,
    });
    this.#undoFrom(at);
    this.#pcm.truncate(start);
    this.degraded.truncate(start);
    this.#latents.truncate(latent);
    this.#seams = this.#seams.flatMap((each) => seamBefore(each, start) ?? []);
    if (seam !== null) this.#seams.push(seam);
    this.#version++;
    this.#block = 0;
    // What was asked for may be another sound.
    this.#brightness = this.#newBrightness();
    this.#freshDueMs = this.#dueAt(start);
    for (const edit of this.#edits.take(at)) this.#lay(edit, start);
    this.#signal.notify();
  }

  /** What is to be heard around a change at `at` without it: what was made there before any change at or after it. */
  #withoutChange(start: number, at: number): Stereo {
    const end = at + CROSSFADE_SAMPLES;
    const voided = this.#seams.find((seam) =>
      seam.start === start && seam.at >= at
    );
    if (!voided) {
      return this.#pcm.slice(start, Math.min(end, this.#pcm.end));
    }
    const { left, right } = voided.old;
    const length = end - start;
    return { left: left.slice(0, length), right: right.slice(0, length) };
  }

  /** Lays an edit over the controls, from `start` on. */
  #lay(edit: Edit, start: number): void {
    const { at, latent, patch, ramp } = edit;
    this.#applied.push({ edit, contextStart: this.#contextStart });
    if (patch === null) {
      this.#contextStart = latent;
      return;
    }
    const resolved = resolvePatch(this.controls, patch);
    const bpm = this.#bpmOf(patch, this.#score.latest);
    this.#score.change(start, ramp, resolved, at);
    if (bpm !== null) this.#tempo.change(at, bpm, ramp);
  }

  /** Takes changes back that were made at a sample or later, to music that is made anew: each comes again in its own time. */
  #undoFrom(at: number): void {
    const undone = this.#applied.filter(({ edit }) => edit.at >= at);
    if (undone.length === 0) return;
    this.#applied = this.#applied.filter(({ edit }) => edit.at < at);
    this.#edits.putBack(undone.map(({ edit }) => edit));
    this.#contextStart = undone[0]!.contextStart;
    this.#score.truncate(at);
    this.#tempo.truncate(at);
  }

  /** The tempo with the changes that wait. */
  #plannedTempo(): TempoMap {
    const tempo = this.#tempo.copy();
    let controls = this.#score.latest;
    for (const { at, patch, ramp } of this.#edits.all) {
      if (patch === null) continue;
      const bpm = this.#bpmOf(patch, controls);
      if (bpm !== null) tempo.change(at, bpm, ramp);
      controls = mergePatches(controls, patch);
    }
    return tempo;
  }

  #bpmOf(patch: Partial<Controls>, before: Controls): number | null {
    return bpmOfPatch(patch, before, (controls) => this.#mixer.bpm(controls));
  }

  /** Tempo that a patch asks for at a sample, after the changes that wait, or null. */
  #bpmAt(sample: number, patch: Partial<Controls>): number | null {
    const before = this.#edits.all
      .filter(({ at }) => at <= sample)
      .reduce(
        (controls, edit) => mergePatches(controls, edit.patch ?? {}),
        this.#score.latest,
      );
    return this.#bpmOf(patch, before);
  }

  /** Makes the next block of latent frames. */
  async #extend(): Promise<void> {
    const first = this.#latents.end;
    const loop = this.#loop;
    if (loop !== null && first >= loop.gapEnd) {
      return this.#append(await loop.ending(first - loop.gapEnd));
    }
    this.#making = first;
    this.#blockAbort = new AbortController();
    try {
      const input = await this.#blockInput(first);
      const block = await makeBlock(this.#model, input, {
        ...this.#urgencyOfBlock(first),
        signal: AbortSignal.any([this.#abort.signal, this.#blockAbort.signal]),
        onTiming: ({ queueMs, runMs }) => {
          if (this.#heard) return;
          this.timings.queueMs += queueMs;
          this.timings.stepsMs.push(runMs);
        },
      });
      this.#append(block);
      // On a ramp it is on its way from one sound to another.
      if (!this.#score.ramping(first * this.#hop)) {
        this.#brightness?.hear(block);
      }
      this.#noteQuality(first, input);
      this.#block++;
      this.#version++;
    } catch (error) {
      if (!this.#blockAbort.signal.aborted) throw error;
    } finally {
      this.#making = null;
    }
  }

  /** Keeps account of where the music is made with less than was asked for. */
  #noteQuality(first: number, { steps, mostBlocks, frames }: BlockInput): void {
    if (steps === this.steps && mostBlocks === null) return;
    const from = Math.max(0, first * this.#hop);
    const end = this.totalSamples ?? Infinity;
    this.degraded.add(from, Math.min(end, (first + frames) * this.#hop));
  }

  #append(latents: Float32Array): void {
    this.#loop?.keepLatents(this.#latents.end, latents);
    this.#latents.append(latents, this.#model.manifest.latent.channels);
  }

  async #blockInput(first: number): Promise<BlockInput> {
    const { manifest } = this.#model;
    const { lengths, context } = manifest.blocks;
    const { multiple, max } = manifest.denoiser.frames;
    const { channels } = manifest.latent;
    const loop = this.#loop;
    const sample = first * this.#hop;
    // Prompts are constant within a block: a ramp is climbed in short ones.
    const ramping = this.#score.ramping(Math.max(0, sample));
    const regular = ramping ? lengths[0]! : blockLength(lengths, this.#block);
    const frames = loop?.blockFrames(first, regular) ?? regular;
    const closing = loop !== null && first + frames === loop.gapEnd;
    const known = closing ? await loop.known() : new Float32Array();
    const history = first -
      Math.max(this.#contextStart, this.#latents.first);
    const { before, after } = contextLengths({
      before: Math.min(history, context),
      frames,
      after: known.length / channels,
      multiple,
      max,
    });
    const middle = sample + frames * this.#hop / 2;
    const past = this.#latents.slice(first - before, first, channels);
    const held = this.#brightness?.ask(past, frames) ?? null;
    const source: RowSource = {
      score: this.#score,
      tempo: this.#tempo,
      brightness: (at) => held?.[at / this.#hop - first + before] ?? null,
    };
    return {
      context: past,
      contextFrames: before,
      after: known.subarray(0, after * channels),
      afterFrames: after,
      frames,
      index: first - this.#origin,
      controls: concat(
        controlRows(manifest, source, first - before, before + frames, before),
        closing
          ? controlRows(manifest, source, loop.knownFrom, after)
          : new Float32Array(),
      ),
      prompt: this.#mixer.at(this.#score, middle),
      seed: this.seed,
      ...qualityUnder(this.#pressure(), manifest, this.steps),
      guidance: this.#score.value("guidance", middle),
    };
  }

  async #decodeWindow(): Promise<void> {
    const { first, left, right } = await this.#decoder.decode({
      ...this.#urgency(),
      signal: this.#abort.signal,
      onTiming: ({ queueMs, runMs }) => {
        if (this.#heard) return;
        this.timings.queueMs += queueMs;
        this.timings.decodeMs += runMs;
      },
    });
    const start = first * this.#hop;
    const fresh = { left, right };
    hush(
      fresh,
      this.#hop,
      (frame) => this.#noPart((first + frame) * this.#hop),
    );
    for (const seam of this.#seams) blendSeam(seam, fresh, start);
    if (this.#bridge) blendBridge(this.#bridge, fresh, start);
    this.#finish(fresh, start);
    this.#pcm.push(fresh.left, fresh.right, start);
    this.#levelLoop();
    this.#heard ||= this.#pcm.end > 0 && this.#loopGain !== null;
    this.#forget();
    this.#signal.notify();
  }

  /** Finds the gain of a loop once enough of it is made. */
  #levelLoop(): void {
    const { loudness } = this.#model.manifest;
    const enough = Math.min(LEVELLED_SAMPLES, this.totalSamples ?? Infinity);
    if (!loudness || this.#loopGain !== null || this.#pcm.end < enough) return;
    const { left, right } = this.#pcm.slice(0, enough);
    this.#loopGain = levelGain(loudness, left, right);
  }

  /** True where no part may play: the denoiser was never asked for silence. */
  #noPart(sample: number): boolean {
    const { understood } = this.#model.manifest.controls;
    return understood.includes("parts") &&
      !partsAt(this.#score, sample).some(Boolean);
  }

  /** Shapes the beginning of a piece, and the end of a finite one. */
  #finish(fresh: Stereo, start: number): void {
    if (this.#loop === null && this.#bridge === null) fadeIn(fresh, start);
    const total = this.totalSamples;
    if (total === null) return;
    if (this.#loop === null) return fadeOut(fresh, start, total);
    this.#loop.keepPcm(start, fresh);
    this.#loop.blendEnd(fresh, start);
  }

  #forget(): void {
    const kept = Math.max(0, this.position - LOOK_BACK_SAMPLES);
    const heard = Math.floor(kept / this.#hop);
    this.#seams = this.#seams.filter((seam) => seamAfter(seam, kept));
    this.#applied = this.#applied.filter(({ edit }) => edit.at > kept);
    const oldest = this.#decoder.forget(heard);
    const { context } = this.#model.manifest.blocks;
    this.#latents.forget(Math.min(oldest, heard - context));
    this.#score.forget(this.#latents.first * this.#hop);
    if (this.totalSamples === null) this.degraded.forget(this.position);
  }
}

/** The first sample from `from` on at which a multiple of `beats` beats falls. */
function nextMultiple(tempo: TempoMap, from: number, beats: number): number {
  let beat = Math.ceil(tempo.beatAt(from) / beats - 1e-9) * beats;
  while (tempo.sampleAt(beat) < from) beat += beats;
  return tempo.sampleAt(beat);
}

/** Length of a ramp in samples, by beats of the tempo that it may itself bend, linearly, to `bpm`. */
function beatsInRamp(
  tempo: TempoMap,
  sample: number,
  beats: number,
  bpm: number | null,
): number {
  if (bpm === null) {
    return tempo.sampleAt(tempo.beatAt(sample) + beats) - sample;
  }
  const mean = (tempo.bpmAt(sample) + bpm) / 2;
  return Math.round(beats * 60 * 48_000 / mean);
}

/** A patch with its weights made to sum to 1. */
function resolvePatch(
  controls: Controls,
  patch: Partial<Controls>,
): Partial<Controls> {
  if (!patch.prompts) return patch;
  const { prompts } = resolveControls({ ...controls, prompts: patch.prompts });
  return { ...patch, ...(prompts && { prompts }) };
}

/** Multiplies samples, in place. */
function amplify(pcm: Stereo, gain: number): Stereo {
  if (gain === 1) return pcm;
  for (const channel of [pcm.left, pcm.right]) {
    for (let i = 0; i < channel.length; i++) channel[i] = channel[i]! * gain;
  }
  return pcm;
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
