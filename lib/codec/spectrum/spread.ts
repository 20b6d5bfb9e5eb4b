import { philox4x32, PHILOX_WORDS } from "../../diffusion/philox.ts";
import { SAMPLE_RATE_HZ, type SpectrumParams } from "./params.ts";
import { BandInterpolator, binFrequencies } from "./tables.ts";

const KEY0 = 0x50524553;
const KEY1 = 0x5453;
/** Bins between nodes; the turn is linear there, so that a partial keeps its shape. */
const NODE_BINS = 4;

/**
 * Turns the tonal bins of left and right away from their common phase, one to
 * either side: the further, the less coherent the channels are to be. What a bin
 * has of the largest turn is random over the bins, but the same at all times,
 * so that no level wavers.
 */
export class Spread {
  /** exp(i turn) of the frame in hand for the left channel; right is the conjugate. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly #coherence: BandInterpolator;
  readonly #interpolated: Float64Array;
  /** Turn without any coherence, in radians. */
  readonly #turns: Float64Array;

  constructor(params: SpectrumParams) {
    const { n_fft, tonal_bins, pan_bands_hz, spread_rad } = params;
    this.re = new Float64Array(tonal_bins).fill(1);
    this.im = new Float64Array(tonal_bins);
    this.#coherence = new BandInterpolator(
      pan_bands_hz,
      binFrequencies(tonal_bins, n_fft, SAMPLE_RATE_HZ),
    );
    this.#interpolated = new Float64Array(tonal_bins);
    this.#turns = this.re.map((_, k) => spread_rad * shareOfBin(k));
  }

  /** Sets `re` and `im` for the row of `coherence` that begins at `at`. */
  set(coherence: Float32Array, at: number): void {
    this.#coherence.interpolate(coherence, at, this.#interpolated);
    for (let k = 0; k < this.re.length; k++) {
      const lack = Math.max(0, 1 - this.#interpolated[k]!);
      const turn = Math.sqrt(lack) * this.#turns[k]!;
      const cos = Math.cos(turn);
      this.re[k] = cos;
      // |turn| <= pi; a root takes a fraction of a sine's time.
      this.im[k] = Math.sign(turn) * Math.sqrt(1 - cos * cos);
    }
  }
}

/** Random in [-1, 1] at the nodes, linear between them. */
function shareOfBin(bin: number): number {
  const node = Math.trunc(bin / NODE_BINS);
  const weight = bin / NODE_BINS - node;
  const below = shareOfNode(node);
  return below + weight * (shareOfNode(node + 1) - below);
}

function shareOfNode(node: number): number {
  const words = new Uint32Array(PHILOX_WORDS);
  philox4x32(KEY0, KEY1, node, 0, 0, 0, words);
  return (words[0]! & 255) / 127.5 - 1;
}
