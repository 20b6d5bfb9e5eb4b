import loadPffft from "@echogarden/pffft-wasm/simd";

/** Real FFT of one size, between two buffers in WASM memory. */
export interface RealFft {
  /** Transform length N. */
  readonly size: number;
  /** N samples. */
  readonly signal: Float32Array;
  /** N floats: re X[0], re X[N/2], re X[1], im X[1], re X[2], ... */
  readonly spectrum: Float32Array;
  /** Transforms `signal`, which survives, into `spectrum`. */
  forward(): void;
  /**
   * Transforms `spectrum`, which survives, into `signal`: the sum over all N
   * bins of X[k] e^(2 pi i k n / N), unscaled.
   */
  inverse(): void;
}

/** The part of the PFFFT build that is used; it comes without types. */
interface Pffft {
  HEAPF32: Float32Array;
  _pffft_new_setup(size: number, transform: number): number;
  _pffft_aligned_malloc(bytes: number): number;
  _pffft_transform_ordered(
    setup: number,
    input: number,
    output: number,
    work: number,
    direction: number,
  ): void;
}

const REAL_TRANSFORM = 0;
const FORWARD = 0;
const BACKWARD = 1;

/**
 * FFTs by PFFFT (WASM, SIMD), single precision, in memory of their own that
 * lives as long as they do.
 *
 * @param sizes Transform lengths: multiples of 32 with no prime factor above 5.
 * @throws {RangeError} If PFFFT has no transform of a size.
 */
export async function createFfts(sizes: readonly number[]): Promise<RealFft[]> {
  const pffft: Pffft = await loadPffft();
  const places = sizes.map((size) => {
    const setup = pffft._pffft_new_setup(size, REAL_TRANSFORM);
    if (setup === 0) {
      throw new RangeError(
        `Cannot transform ${size} samples: must be a multiple of 32 with no prime factor above 5`,
      );
    }
    const bytes = size * Float32Array.BYTES_PER_ELEMENT;
    const signal = pffft._pffft_aligned_malloc(3 * bytes);
    const spectrum = signal + bytes;
    return { size, setup, signal, spectrum, work: spectrum + bytes };
  });
  const { _pffft_transform_ordered: transform } = pffft;
  // Views are made after the last allocation: growing the memory detaches them.
  return places.map(({ size, setup, signal, spectrum, work }) => ({
    size,
    signal: new Float32Array(pffft.HEAPF32.buffer, signal, size).fill(0),
    spectrum: new Float32Array(pffft.HEAPF32.buffer, spectrum, size).fill(0),
    forward: () => transform(setup, signal, spectrum, work, FORWARD),
    inverse: () => transform(setup, spectrum, signal, work, BACKWARD),
  }));
}
