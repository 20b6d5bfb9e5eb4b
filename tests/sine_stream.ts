/**
 * A stream that needs no model: sines whose every sample is known.
 *
 * @module
 */
import type { Controls, Quantum, Ramp } from "../lib/protocol/mod.ts";
import type { Snapshot } from "../lib/stream/snapshot.ts";
import { Spans } from "../lib/stream/spans.ts";
import type {
  Change,
  CreateStream,
  Followed,
  MusicStream,
  PcmChunk,
  Scheduled,
  StreamOptions,
  StreamTimings,
} from "../lib/stream/music_stream.ts";

/** How a sine stream behaves. */
export interface SineSettings {
  /** Time that every read takes, in ms. */
  readMs?: number;
  /** Sample from which on reads throw. */
  failAt?: number;
  /** What creating a stream throws. */
  refuse?: unknown;
  /** Peak of the sines. */
  amplitude?: number;
}

const LEFT_HZ = 440;
const RIGHT_HZ = 330;

/** Value of a sine stream before any update; `octave` doubles the frequency. */
export function sineAt(sample: number, channel: 0 | 1, octave = 0): number {
  const hz = (channel === 0 ? LEFT_HZ : RIGHT_HZ) * 2 ** octave;
  return 0.25 * Math.sin(2 * Math.PI * hz * sample / 48_000);
}

/** Every update raises the sines by an octave from the scheduled sample on. */
export class SineStream implements MusicStream {
  readonly seed: number;
  readonly steps: number;
  readonly bpm: number;
  readonly totalSamples: number | null;
  readonly timings: StreamTimings = {
    queueMs: 1,
    promptMs: 2,
    stepsMs: [3, 4],
    decodeMs: 5,
  };
  controls: Controls;
  readonly firstControls: Controls;
  readonly changes: Change[] = [];
  readonly loop: boolean;
  readonly degraded = new Spans();
  position = 0;
  cancelled = false;
  readonly #settings: SineSettings;
  readonly #understood: readonly string[];
  readonly #octaves: number[] = [];
  readonly #abort = new AbortController();

  constructor(options: StreamOptions, settings: SineSettings) {
    const { controls, model, duration } = options;
    this.#settings = settings;
    this.#understood = model.manifest.controls.understood;
    this.seed = options.seed;
    this.loop = options.loop;
    this.steps = options.steps ?? model.manifest.sampler.steps;
    this.bpm = controls.bpm ?? 120;
    this.controls = resolved(controls);
    this.firstControls = this.controls;
    this.position = options.snapshot?.from ?? 0;
    for (const change of options.snapshot?.changes ?? []) {
      this.changes.push(change);
      this.#octaves.push(change.atSample);
    }
    this.totalSamples = duration === null
      ? null
      : "seconds" in duration
      ? Math.round(duration.seconds * 48_000)
      : Math.round(duration.bars * this.meter * 60 * 48_000 / this.bpm);
  }

  get meter(): number {
    return this.controls.meter ?? 4;
  }

  async read(samples: number): Promise<PcmChunk> {
    const { readMs = 0, failAt = Infinity, amplitude = 0.25 } = this.#settings;
    if (readMs > 0) await new Promise((wake) => setTimeout(wake, readMs));
    this.#abort.signal.throwIfAborted();
    const sample = this.position;
    if (sample >= failAt) throw new TypeError("the sine broke");
    const end = Math.min(sample + samples, this.totalSamples ?? Infinity);
    const wave = (channel: 0 | 1) =>
      Float32Array.from(
        { length: end - sample },
        (_, i) =>
          sineAt(sample + i, channel, this.#octave(sample + i)) *
          (amplitude / 0.25),
      );
    this.position = end;
    return {
      sample,
      beat: this.#beatAt(sample),
      left: wave(0),
      right: wave(1),
      last: end === this.totalSamples,
    };
  }

  async update(
    patch: Partial<Controls>,
    { at }: { at: Quantum; ramp: Ramp | null },
  ): Promise<Scheduled> {
    await Promise.resolve();
    this.#abort.signal.throwIfAborted();
    if (patch.energy === 1) throw new TypeError("the sine cannot change");
    this.controls = resolved({ ...this.controls, ...patch });
    const beats = { now: 0, beat: 1, bar: this.meter, "4bar": 4 * this.meter };
    const grid = beats[at] * 60 * 48_000 / this.bpm || 1;
    const atSample = Math.ceil(
      Math.ceil(this.position / grid) * grid,
    );
    this.#octaves.push(atSample);
    if (atSample < (this.totalSamples ?? 0)) {
      const { prompts } = resolved(patch);
      const change = patch.prompts ? { ...patch, prompts: prompts! } : patch;
      this.changes.push({ atSample, rampSamples: 0, patch: change });
    }
    return { atSample, atBeat: this.#beatAt(atSample) };
  }

  /** A sine stream loops as it is: the samples before sample 0 are those of the sines. */
  async lead(samples: number) {
    await Promise.resolve();
    if (!this.loop) return null;
    const wave = (channel: 0 | 1) =>
      Float32Array.from(
        { length: samples },
        (_, i) => sineAt(i - samples, channel),
      );
    return { left: wave(0), right: wave(1) };
  }

  /** The tempo of sines cannot be heard: they are always near enough. */
  follow(): Followed {
    const at = this.position;
    return { atSample: at, behindMs: 0, lockedSample: at };
  }

  reset(): Scheduled {
    return { atSample: this.position, atBeat: this.#beatAt(this.position) };
  }

  ignoredControls(patch: Partial<Controls>): string[] {
    return Object.entries(patch)
      .filter(([name, value]) =>
        value != null &&
        !["prompts", "parts", ...this.#understood].includes(name)
      )
      .map(([name]) => name);
  }

  notUnderstood(controls: Partial<Controls>): string[] {
    return (controls.prompts ?? []).map(({ text }) => text)
      .filter((text) => text.startsWith("qwx"));
  }

  get version(): number {
    return this.#octaves.length;
  }

  snapshot(from: number): Snapshot {
    const changes = this.#octaves.map((atSample) => ({
      ...{ atSample, rampSamples: 0, patch: {} },
    }));
    return { from, bpm: this.bpm, changes, edits: [], made: null };
  }

  cancel(): void {
    this.cancelled = true;
    this.#abort.abort(new DOMException("cancelled", "AbortError"));
  }

  #octave(sample: number): number {
    return this.#octaves.filter((change) => change <= sample).length;
  }

  #beatAt(sample: number): number {
    return sample * this.bpm / (60 * 48_000);
  }
}

function resolved(controls: Controls): Controls {
  const { prompts = [] } = controls;
  const sum = prompts.reduce((total, { weight }) => total + weight, 0);
  return {
    ...controls,
    meter: controls.meter ?? 4,
    prompts: prompts.map(({ text, weight }) => ({
      text,
      weight: weight / sum,
    })),
  };
}

/** A source of sine streams that remembers what it made. */
export function sineStreams(
  settings: SineSettings = {},
): CreateStream & { made: SineStream[] } {
  const made: SineStream[] = [];
  const create: CreateStream = async (options) => {
    await Promise.resolve();
    if (settings.refuse !== undefined) throw settings.refuse;
    const stream = new SineStream(options, settings);
    made.push(stream);
    return stream;
  };
  return Object.assign(create, { made });
}
