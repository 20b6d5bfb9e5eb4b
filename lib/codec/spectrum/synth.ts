/**
 * Synthesis stage of "spectrum" decoders: features to stereo PCM at 48 kHz,
 * causal, one hop of samples per frame. This module is browser compatible.
 *
 * With N = n_fft, H = hop and R = N / H, frame t spans the samples
 * [(t + 1 - R) H, (t + 1) H) and, once added, completes the first H of them, the
 * slot that `process` returns for it. Per frame:
 *
 * 1. Tones (tonal.ts, phase_lock.ts): U = exp(logMag), phases locked from
 *    `advance` and `step`, left and right U (1 + pan) / 2 and U (1 - pan) / 2,
 *    turned to either side by spread_rad sqrt(1 - coherence) times a number in
 *    [-1, 1] of the bin's own (spread.ts),
 *    faded out from cross_lo_hz to cross_hi_hz as cos(pi/2 x). Inverse real FFT
 *    with phases at the window's centre, Gaussian window, overlap-add, divided
 *    by the periodic sum of squared windows. Pan is interpolated linearly over
 *    frequency between band centres, and flat outside.
 * 2. Noise (noise.ts): frames of 2 H under a periodic Hann window every H / 2,
 *    number 2t centred H / 2 before the centre of frame t (its `hf` is the mean
 *    of frames t - 1 and t), number 2t + 1 at that centre. A bin takes the value
 *    of the band [low, high) it lies in and is silent outside of all; it is
 *    faded in as sin(pi/2 x). Bin k of frame j has its phases, in 256ths of a
 *    turn, from byte k mod 4 (0 the lowest) of words 0, 1, 2 (common, left,
 *    right) of the Philox block with key (0x50524553, 0x5449) and counter
 *    (j, floor(k / 4), 0, 0). The level is that of the noise whose
 *    root-mean-square magnitudes `hf` tells.
 * 3. Envelope (envelope.ts): the sum is high-passed; in each of the slot's four
 *    segments the gain of the highs is exp(env) / (RMS of the mid + 1e-5),
 *    clamped to [0.1, 6], and is reached linearly at the segment's last sample.
 *
 * What is carried from frame to frame is kept in float32, whether or not a
 * window ends there; what is fed back within one, the sweeps of the phases and
 * the filters, is computed in float64.
 *
 * @module
 */
import { createFfts, type RealFft } from "../fft.ts";
import { createKernel, type Kernel } from "../kernel/kernel.ts";
import { Envelope } from "./envelope.ts";
import { NoisePart } from "./noise.ts";
import {
  ENV_SEGMENTS,
  requireFrames,
  requireParams,
  type SpectrumFeatures,
  type SpectrumParams,
} from "./params.ts";
import { createSlot, type Slot } from "./slot.ts";
import { StateReader, StateWriter } from "./state.ts";
import { TonalPart } from "./tonal.ts";

/** PCM of some frames and what the next ones need to know. */
export interface SpectrumOutput {
  /** `hop` samples per frame. */
  left: Float32Array<ArrayBuffer>;
  /** As many. */
  right: Float32Array<ArrayBuffer>;
  /** State for the frame after; see {@linkcode SpectrumSynth}. */
  state: Float32Array<ArrayBuffer>;
}

/**
 * One synthesiser for any number of streams: what belongs to a stream is in
 * the state alone, and cutting a stream into windows does not change a bit.
 *
 * The state is one Float32Array: with K tonal bins, B noise bands and windows
 * of N samples, z as pairs (2 K), U (K); sums of the tonal windows
 * left, right (N - hop each); noise bands (B); sums of the noise windows left,
 * right (N / 2 each); filter memory left, right (2 each); gain (1).
 */
export class SpectrumSynth {
  readonly #params: SpectrumParams;
  readonly #tonal: TonalPart;
  readonly #noise: NoisePart;
  readonly #envelope: Envelope;
  readonly #slot: Slot;
  readonly #stateLength: number;

  /**
   * Use {@linkcode createSpectrumSynth}, which loads what it needs.
   *
   * @param ffts Of `n_fft` and of two hops.
   * @throws {RangeError} If a parameter is out of range.
   */
  constructor(
    kernel: Kernel,
    params: SpectrumParams,
    ffts: [RealFft, RealFft],
  ) {
    requireParams(params);
    const { n_fft, hop, tonal_bins, hf_bands } = params;
    this.#params = params;
    this.#tonal = new TonalPart(kernel, params, ffts[0]);
    this.#noise = new NoisePart(kernel, params, ffts[1]);
    this.#envelope = new Envelope(kernel, hop, params.env_cut_hz);
    this.#slot = createSlot(kernel, hop);
    this.#stateLength = 3 * tonal_bins + 2 * (n_fft - hop) + hf_bands.length +
      n_fft + 5;
  }

  /** Values in a state. */
  get stateLength(): number {
    return this.#stateLength;
  }

  /**
   * Synthesises consecutive frames. Frame t covers N samples and completes the
   * first hop of them; the first N / hop - 1 hops of a stream are partial sums.
   *
   * @param features Of F frames.
   * @param frameIndex0 Number of the first frame since the stream began: seeds the noise.
   * @param state Result of the frames before, null at the start. Not changed.
   * @throws {RangeError} If a feature or the state has a wrong length.
   */
  process(
    features: SpectrumFeatures,
    frameIndex0: number,
    state: Float32Array | null,
  ): SpectrumOutput {
    const frames = requireFrames(features, this.#params);
    this.#load(state);
    const { hop } = this.#params;
    const left = new Float32Array(frames * hop);
    const right = new Float32Array(frames * hop);
    for (let row = 0; row < frames; row++) {
      const slot = this.#slot;
      slot.left.fill(0);
      slot.right.fill(0);
      this.#tonal.render(features, row, slot);
      this.#noise.render(features, row, frameIndex0 + row, slot);
      this.#envelope.apply(features.env, row * ENV_SEGMENTS, slot);
      left.set(slot.left, row * hop);
      right.set(slot.right, row * hop);
    }
    return { left, right, state: this.#save() };
  }

  #load(state: Float32Array | null): void {
    if (state !== null && state.length !== this.#stateLength) {
      throw new RangeError(
        `Cannot go on from a state of ${state.length} values: must be ${this.#stateLength}`,
      );
    }
    const reader = state === null ? null : new StateReader(state);
    this.#tonal.load(reader);
    this.#noise.load(reader);
    this.#envelope.load(reader);
  }

  #save(): Float32Array<ArrayBuffer> {
    const writer = new StateWriter(this.#stateLength);
    this.#tonal.save(writer);
    this.#noise.save(writer);
    this.#envelope.save(writer);
    return writer.state;
  }
}

/**
 * Loads FFTs and kernel and makes a synthesiser.
 *
 * @throws {RangeError} If a parameter is out of range.
 */
export async function createSpectrumSynth(
  params: SpectrumParams,
): Promise<SpectrumSynth> {
  requireParams(params);
  const { n_fft, hop } = params;
  const [tonal, noise] = await createFfts([n_fft, 2 * hop]);
  const kernel = await createKernel(memoryOf(params));
  return new SpectrumSynth(kernel, params, [tonal!, noise!]);
}

/** Bytes that the parts take of a kernel: at most 92 N, and tables. */
export function memoryOf({ n_fft, hf_bands }: SpectrumParams): number {
  return 96 * n_fft + 4 * hf_bands.length + 8192;
}
