/**
 * Stand-ins for the parts that need a model: cheap, and the same every time.
 *
 * @module
 */
import type {
  DecoderInput,
  DecoderOutput,
  DenoiserInput,
  Engine,
  Model,
  PromptEncoding,
  Provider,
  WorkOptions,
} from "../lib/inference/engine.ts";
import type { Demand } from "../lib/inference/demand.ts";
import type { Pressure } from "../lib/inference/load.ts";
import type { Manifest } from "../lib/inference/manifest.ts";

export { sineAt, SineStream, sineStreams } from "./sine_stream.ts";
export type { SineSettings } from "./sine_stream.ts";

const LATENT_CHANNELS = 4;
const HOP_SAMPLES = 3840;
const NO_HASH = "0".repeat(64);

function graph<I extends string, O extends string>(inputs: I[], outputs: O[]) {
  const same = <T extends string>(names: T[]) =>
    Object.fromEntries(names.map((name) => [name, name])) as {
      [K in T]: K;
    };
  return {
    file: "none.onnx",
    sha256: NO_HASH,
    inputs: same(inputs),
    outputs: same(outputs),
  };
}

/** The manifest of a package that does not exist. */
export function fakeManifest(id = "fake"): Manifest {
  return {
    format: 1,
    id,
    version: "1.0.0",
    title: "A fake",
    licence: "MIT",
    sample_rate: 48_000,
    channels: 2,
    latent: {
      channels: LATENT_CHANNELS,
      hop_samples: HOP_SAMPLES,
      sigma_data: 0.5,
    },
    prompt: {
      tokenizer: { file: "none.json", sha256: NO_HASH, max_tokens: 16 },
      graph: graph(["ids", "mask"], ["tokens", "tempo"]),
      tokens: 2,
      dims: 4,
    },
    denoiser: {
      graph: graph(["x", "c_noise", "prompt", "controls", "context"], ["f"]),
      prediction: "edm",
      frames: { min: 2, max: 112, multiple: 2 },
    },
    sampler: {
      kind: "euler",
      schedule: { kind: "karras", sigma_min: 0.02, sigma_max: 20, rho: 7 },
      steps: 2,
      max_steps: 4,
      guidance: null,
    },
    decoder: {
      kind: "pcm",
      graph: graph(["latents"], ["pcm"]),
      context_frames: 2,
      preroll_frames: 0,
    },
    blocks: { lengths: [8, 16], context: 16 },
    controls: {
      channels: 30,
      layout: [["beat", 5], ["chord", 25]],
      understood: ["prompts", "bpm", "meter", "chords", "brightness", "energy"],
    },
  };
}

/** A model whose networks are a line of arithmetic each. */
export class FakeModel implements Model {
  readonly manifest: Manifest;
  readonly sha256: string = "f".repeat(64);
  /** How often each network ran. */
  readonly calls = { prompt: 0, denoise: 0, decode: 0 };
  /** What a stream asks of the device, whatever its steps. */
  cost: Demand = { networks: 0, synthesis: 0 };
  pressure: Pressure = 0;
  readonly #runMs: number;

  /** @param options `runMs`: time that every unit of work takes, in ms. */
  constructor(
    options: { id?: string; runMs?: number; minSteps?: number } = {},
  ) {
    this.manifest = fakeManifest(options.id);
    const { minSteps, runMs = 0 } = options;
    if (minSteps !== undefined) this.manifest.sampler.min_steps = minSteps;
    this.#runMs = runMs;
  }

  demand(): Demand {
    return this.cost;
  }

  async encodePrompt(
    text: string,
    options: WorkOptions,
  ): Promise<PromptEncoding> {
    await this.#work("prompt", options);
    const tokens = new Float32Array(8);
    for (let i = 0; i < text.length; i++) {
      tokens[i % 8]! += Math.sin(text.charCodeAt(i) + i);
    }
    return { tokens, bpm: 100, understood: !text.startsWith("qwx") };
  }

  async denoise(
    input: DenoiserInput,
    options: WorkOptions,
  ): Promise<Float32Array> {
    await this.#work("denoise", options);
    const { x, batch, frames, prompt } = input;
    const row = frames * LATENT_CHANNELS;
    const pull = Array.from({ length: batch }, (_, b) => prompt[b * 8]! / 10);
    return x.map((value, i) => Math.tanh(value) + pull[Math.floor(i / row)]!);
  }

  /** The first two channels of a latent frame are the levels of two sines. */
  async decode(
    input: DecoderInput,
    options: WorkOptions,
  ): Promise<DecoderOutput> {
    await this.#work("decode", options);
    const { latents, contextFrames, newFrames, index } = input;
    const wave = (channel: 0 | 1) =>
      Float32Array.from({ length: newFrames * HOP_SAMPLES }, (_, i) => {
        const frame = contextFrames + Math.floor(i / HOP_SAMPLES);
        const level = latents[frame * LATENT_CHANNELS + channel]!;
        const at = index * HOP_SAMPLES + i;
        const hz = 220 * (channel + 1);
        return 0.5 * Math.tanh(level) *
          Math.sin(2 * Math.PI * hz * at / 48_000);
      });
    return { left: wave(0), right: wave(1), state: new Float32Array(1) };
  }

  async #work(
    kind: keyof FakeModel["calls"],
    { signal, onTiming }: WorkOptions,
  ): Promise<void> {
    signal?.throwIfAborted();
    this.calls[kind]++;
    await new Promise((wake) => setTimeout(wake, this.#runMs));
    onTiming?.({ queueMs: 0, runMs: this.#runMs });
  }
}

/** An engine of fake models. */
export class FakeEngine implements Engine {
  readonly provider: Provider = "cpu";
  readonly models: ReadonlyMap<string, Model>;
  readonly queued = 0;
  disposed = false;

  constructor(models: Model[] = [new FakeModel()]) {
    this.models = new Map(models.map((model) => [model.manifest.id, model]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}
