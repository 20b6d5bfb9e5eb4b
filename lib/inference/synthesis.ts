/**
 * From what a decoder graph writes to PCM, by kind of decoder.
 *
 * @module
 */
import { createSpectrumSynth, type SpectrumFeatures } from "../codec/mod.ts";
import type { Manifest } from "./manifest.ts";
import { Scratch } from "./scratch.ts";

type Samples = Float32Array<ArrayBuffer>;

/** Memory for an output of a graph. */
export interface GraphOutput {
  /** Name in the graph. */
  name: string;
  array: Samples;
  /** Row-major; leading axes of length 1 are left out. */
  shape: number[];
}

/** Which frames of a window are new. */
export interface WindowFrames {
  contextFrames: number;
  newFrames: number;
  /** Index of the first new latent frame since decoding began. */
  index: number;
}

/** The stage after the graph. */
export interface Synthesis {
  /** Where the graph has to write for a window of `frames` latent frames; valid until the next call. */
  outputs(frames: number): GraphOutput[];
  /** Left, right and state of the new frames out of what the graph wrote. */
  finish(window: WindowFrames, state: Samples): Samples[];
}

/**
 * Makes the stage that a package needs.
 *
 * @throws {RangeError} If its parameters are out of range.
 */
export async function createSynthesis(manifest: Manifest): Promise<Synthesis> {
  const { decoder, latent } = manifest;
  return decoder.kind === "pcm"
    ? pcmSynthesis(decoder.graph.outputs.pcm, latent.hop_samples)
    : await spectrumSynthesis(decoder, latent.hop_samples);
}

function pcmSynthesis(name: string, hop: number): Synthesis {
  const scratch = new Scratch();
  let pcm: Samples = new Float32Array();
  return {
    outputs(frames) {
      pcm = scratch.view(name, 2 * frames * hop);
      return [{ name, array: pcm, shape: [2, frames * hop] }];
    },
    finish({ contextFrames }) {
      const half = pcm.length / 2;
      const start = contextFrames * hop;
      return [
        pcm.slice(start, half),
        pcm.slice(half + start),
        new Float32Array(),
      ];
    },
  };
}

async function spectrumSynthesis(
  decoder: Extract<Manifest["decoder"], { kind: "spectrum" }>,
  hopSamples: number,
): Promise<Synthesis> {
  const { graph: { outputs: names }, spectrum } = decoder;
  const synth = await createSpectrumSynth(spectrum);
  const framesPerLatent = hopSamples / spectrum.hop;
  const bins = spectrum.tonal_bins;
  /** Shape per STFT frame of each feature. */
  const rows: Record<keyof typeof names, number[]> = {
    log_mag: [bins],
    hf: [spectrum.hf_bands.length],
    pan: [spectrum.pan_bands_hz.length],
    advance: [bins, 2],
    step: [bins, 2],
    env: [],
  };
  const roles = Object.keys(rows) as (keyof typeof names)[];
  const scratch = new Scratch();
  const written = {} as Record<keyof typeof names, Samples>;

  return {
    outputs(frames) {
      return roles.map((role) => {
        const perFrame = role === "env" ? ENV_VALUES : 1;
        const shape = [frames * framesPerLatent * perFrame, ...rows[role]];
        const length = shape.reduce((product, axis) => product * axis);
        written[role] = scratch.view(role, length);
        return { name: names[role], array: written[role], shape };
      });
    },
    finish({ contextFrames, newFrames, index }, state) {
      const context = contextFrames / (contextFrames + newFrames);
      const fresh = (role: keyof typeof names) =>
        written[role].subarray(Math.round(written[role].length * context));
      const features: SpectrumFeatures = {
        logMag: fresh("log_mag"),
        hf: fresh("hf"),
        pan: fresh("pan"),
        advance: fresh("advance"),
        step: fresh("step"),
        env: fresh("env"),
      };
      const past = state.length === 0 ? null : state;
      const first = index * framesPerLatent;
      const { left, right, state: next } = synth.process(features, first, past);
      return [left, right, next];
    },
  };
}

/** Envelope values of an STFT frame. */
const ENV_VALUES = 4;
