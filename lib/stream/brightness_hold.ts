/**
 * How bright music stays that goes on from its own output: left alone, some of
 * it settles to a duller or a sharper sound than it began with.
 *
 * @module
 */
import type { Manifest } from "../inference/manifest.ts";

/** What music is held to: its own first minute. */
const REFERENCE_S = 60;

/** Time constant of what counts as its brightness now. */
const RECENT_S = 20;

/** Over how much the control's value is meant, on either side of a frame (`smooth_frames` in `models/recipe/labels.py`). */
const SMOOTHED_S = 1;

/** Nothing is asked for until it is so far off, on the control's scale, and until it is within half of that again. */
const TOLERANCE = 0.02;

/** How many times what it is off is asked for beyond: music heeds the control only in part. */
const GAIN = 3;

/** All that a {@linkcode BrightnessHold} knows; plain data. */
export interface BrightnessState {
  /** Mean of the frames that the reference has so far. */
  reference: number;
  frames: number;
  recent: number;
  holding: boolean;
}

/**
 * Asks for brightness where nobody else does. The denoiser is told how bright
 * the music before a block is, as it was when it learned, and how bright the
 * block is to be. A function of latents only, however they are cut.
 */
export class BrightnessHold {
  readonly #reading: NonNullable<Manifest["brightness"]>;
  readonly #rate: number;
  #state: BrightnessState;

  /** @param state What an earlier one's `state` was, to go on from. */
  constructor(
    { brightness, latent, sample_rate }:
      & Pick<Manifest, "latent" | "sample_rate">
      & { brightness: NonNullable<Manifest["brightness"]> },
    state: BrightnessState = {
      reference: 0,
      frames: 0,
      recent: 0,
      holding: false,
    },
  ) {
    this.#reading = brightness;
    this.#rate = sample_rate / latent.hop_samples;
    this.#state = { ...state };
  }

  /** What another has to know to go on with the next frame. */
  get state(): BrightnessState {
    return { ...this.#state };
  }

  /** Takes note of new frames, row-major (frames, channels). */
  hear(latents: Float32Array): void {
    const state = this.#state;
    for (const value of this.#read(latents)) {
      if (state.frames < REFERENCE_S * this.#rate) {
        state.frames++;
        state.reference += (value - state.reference) / state.frames;
        state.recent = state.reference;
      } else {
        state.recent += (value - state.recent) / (RECENT_S * this.#rate);
      }
    }
    const off = Math.abs(state.reference - state.recent);
    state.holding = off > (state.holding ? TOLERANCE / 2 : TOLERANCE);
  }

  /**
   * The control's value for each frame of a block and of what it goes on from.
   *
   * @param context What is known before the block, row-major (frames, channels).
   * @returns Null if nothing is to be asked for.
   */
  ask(context: Float32Array, frames: number): number[] | null {
    const { reference, recent, holding } = this.#state;
    if (!holding) return null;
    const heard = this.#read(context);
    const reach = SMOOTHED_S * this.#rate;
    const smoothed = heard.map((_, i) => {
      const around = heard.slice(Math.max(0, Math.ceil(i - reach)), i + reach);
      return around.reduce((sum, value) => sum + value, 0) / around.length;
    });
    const wanted = reference + GAIN * (reference - recent);
    return [...smoothed, ...new Array<number>(frames).fill(wanted)]
      .map((value) => Math.min(1, Math.max(0, value)));
  }

  /** Brightness of each frame. */
  #read(latents: Float32Array): number[] {
    const { bias, weights } = this.#reading;
    const frames = latents.length / weights.length;
    return Array.from({ length: frames }, (_, frame) =>
      weights.reduce(
        (sum, weight, c) => sum + weight * latents[frame * weights.length + c]!,
        bias,
      ));
  }
}
