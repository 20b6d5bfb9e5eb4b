import type {
  DecoderInput,
  DenoiserInput,
  Model,
} from "../../lib/inference/engine.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";
import type { Controls } from "../../lib/protocol/mod.ts";
import { createStream, type MusicStream } from "../../lib/stream/mod.ts";
import type { Snapshot } from "../../lib/stream/snapshot.ts";

const CHANNELS = 4;
const DIMS = 4;
export const HOP = 3840;

const MANIFEST = {
  id: "toy",
  latent: { channels: CHANNELS, hop_samples: HOP, sigma_data: 0.5 },
  prompt: { tokens: 1, dims: DIMS },
  denoiser: { frames: { min: 2, max: 64, multiple: 2 } },
  sampler: {
    kind: "euler",
    schedule: { kind: "karras", sigma_min: 0.1, sigma_max: 10, rho: 7 },
    steps: 3,
    max_steps: 8,
    guidance: null,
  },
  decoder: { kind: "pcm", context_frames: 1, preroll_frames: 1 },
  blocks: { lengths: [4, 8], context: 6 },
  controls: {
    channels: 7,
    layout: [["beat", 5], ["energy", 2]],
    understood: ["bpm", "meter", "energy"],
  },
} as unknown as Manifest;

/** A model that is quick to run, and whose output depends on everything that a stream feeds it. */
export class ToyModel implements Model {
  readonly manifest = MANIFEST;
  readonly sha256 = "0".repeat(64);
  /** Every denoiser call so far. */
  calls: DenoiserInput[] = [];
  /** Denoiser calls that began while a window was decoded. */
  beside = 0;
  /** Index of the latent frame from which on decoding fails. */
  brokenFrom = Infinity;
  #decoding = 0;
  /** Waits before each unit of work, in ms. */
  delayMs: number;

  constructor(delayMs = 0) {
    this.delayMs = delayMs;
  }

  async #work(signal?: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    signal?.throwIfAborted();
  }

  async encodePrompt(text: string) {
    await this.#work();
    const tokens = Float32Array.from(
      { length: DIMS },
      (_, i) => Math.sin(text.length + i),
    );
    return { tokens, bpm: null, understood: true };
  }

  async denoise(input: DenoiserInput, { signal }: { signal?: AbortSignal }) {
    if (this.#decoding > 0) this.beside++;
    await this.#work(signal);
    this.calls.push(input);
    const { frames, x, prompt, controls, context } = input;
    const out = new Float32Array(x.length);
    let memory = 0;
    for (let n = 0; n < frames; n++) {
      const known = context.subarray(
        n * (CHANNELS + 1),
        (n + 1) * (CHANNELS + 1),
      );
      memory = 0.7 * memory + 0.3 * known[0]!;
      for (let c = 0; c < CHANNELS; c++) {
        const i = n * CHANNELS + c;
        const row = controls.subarray(n * 7, (n + 1) * 7);
        out[i] = Math.tanh(
          0.5 * x[i]! + prompt[c]! + 0.3 * row[c]! + row[5]! + memory,
        );
      }
    }
    return out;
  }

  /** Each sample is its frame's first channel, leaning on the frame before, plus a count kept in the state. */
  async decode(input: DecoderInput) {
    this.#decoding++;
    await this.#work();
    this.#decoding--;
    const { latents, contextFrames, newFrames } = input;
    if (input.index + newFrames > this.brokenFrom) throw new Error("broken");
    const state = await input.state;
    const left = new Float32Array(newFrames * HOP);
    let count = state?.[0] ?? 0;
    for (let n = 0; n < newFrames; n++) {
      const at = (contextFrames + n) * CHANNELS;
      const before = contextFrames + n > 0 ? latents[at - CHANNELS]! : 0;
      left.fill(
        0.3 * latents[at]! + 0.1 * before + 1e-4 * count,
        n * HOP,
        (n + 1) * HOP,
      );
      count = (count + 1) % 7;
    }
    return { left, right: left.map((v) => -v), state: Float32Array.of(count) };
  }
}

/** A stream of a toy at 120 bpm; it ends only if it loops. */
export function openToy(
  model: ToyModel,
  { controls = {}, loopBars = null, snapshot = null }: {
    controls?: Partial<Controls>;
    loopBars?: number | null;
    snapshot?: Snapshot | null;
  } = {},
): Promise<MusicStream> {
  return createStream({
    model,
    controls: {
      prompts: [{ text: "toy", weight: 1 }],
      bpm: 120,
      ...controls,
    },
    ...{ seed: 3, loop: loopBars !== null, steps: null, snapshot },
    duration: loopBars === null ? null : { bars: loopBars },
  });
}
