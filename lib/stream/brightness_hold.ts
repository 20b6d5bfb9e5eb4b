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

/** How many times what it is off is asked for, from where it is: music heeds the control only in part. */
const GAIN = 7;

/** What a centroid is the quotient of: magnitudes times their frequencies, and magnitudes. */
type Spectrum = readonly [weighted: number, plain: number];

/** All that a {@linkcode BrightnessHold} knows; plain data. */
export interface BrightnessState {
  /** Mean of the frames that the reference has so far. */
  reference: Spectrum;
  frames: number;
  recent: Spectrum;
  holding: boolean;
}

/** So much of the way from `from` to `to`. */
function towards(from: Spectrum, to: Spectrum, share: number): Spectrum {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
  ];
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
      reference: [0, 0],
      frames: 0,
      recent: [0, 0],
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
    for (const frame of this.#read(latents)) {
      if (state.frames < REFERENCE_S * this.#rate) {
        state.frames++;
        state.reference = towards(state.reference, frame, 1 / state.frames);
        state.recent = state.reference;
      } else {
        state.recent = towards(
          state.recent,
          frame,
          1 / (RECENT_S * this.#rate),
        );
      }
    }
    const off = Math.abs(this.#off());
    state.holding = off > (state.holding ? TOLERANCE / 2 : TOLERANCE);
  }

  /**
   * The control's value for each frame of a block and of what it goes on from.
   *
   * @param context What is known before the block, row-major (frames, channels).
   * @returns Null if nothing is to be asked for.
   */
  ask(context: Float32Array, frames: number): number[] | null {
    if (!this.#state.holding) return null;
    const heard = this.#read(context);
    const reach = SMOOTHED_S * this.#rate;
    const told = heard.map((_, i) => {
      const around = heard.slice(Math.max(0, Math.ceil(i - reach)), i + reach);
      return this.#brightness([
        around.reduce((sum, frame) => sum + frame[0], 0),
        around.reduce((sum, frame) => sum + frame[1], 0),
      ]);
    });
    const now = told.reduce((sum, value) => sum + value, 0) / told.length;
    const wanted = now + GAIN * this.#off();
    return [...told, ...new Array<number>(frames).fill(wanted)]
      .map((value) => Math.min(1, Math.max(0, value)));
  }

  /** By how much music is duller than it was. */
  #off(): number {
    const { reference, recent } = this.#state;
    return this.#brightness(reference) - this.#brightness(recent);
  }

  /** On the control's scale. */
  #brightness([weighted, plain]: Spectrum): number {
    const { from_hz, octaves } = this.#reading;
    return Math.log2(weighted / plain / from_hz) / octaves;
  }

  /** Spectrum of each frame. */
  #read(latents: Float32Array): Spectrum[] {
    const channels = this.#reading.bands[0]!.weights.length;
    const frames = latents.length / channels;
    return Array.from({ length: frames }, (_, frame) => {
      let weighted = 0;
      let plain = 0;
      for (const { hz, bias, weights } of this.#reading.bands) {
        const magnitude = Math.exp(weights.reduce(
          (sum, weight, c) => sum + weight * latents[frame * channels + c]!,
          bias,
        ));
        weighted += magnitude * hz;
        plain += magnitude;
      }
      return [weighted, plain];
    });
  }
}
