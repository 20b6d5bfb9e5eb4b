import loadPffft from "@echogarden/pffft-wasm/simd";

/** Forward real FFT of one size over buffers in WASM memory. */
export interface ForwardFft {
  /** Transform length N. */
  readonly size: number;
  /** Input, N samples. Survives `run`. */
  readonly signal: Float32Array;
  /** Output, N floats: re X[0], re X[N/2], re X[1], im X[1], re X[2], ... */
  readonly spectrum: Float32Array;
  /** Transforms `signal` into `spectrum`. */
  run(): void;
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

/**
 * Forward FFTs by PFFFT (WASM, SIMD), single precision, in memory of their own
 * that lives as long as they do.
 *
 * @param sizes Transform lengths: multiples of 32 with no prime factor above 5.
 * @throws {RangeError} If PFFFT has no transform of a size.
 */
export async function createForwardFfts(
  sizes: readonly number[],
): Promise<ForwardFft[]> {
  const pffft: Pffft = await loadPffft();
  const places = sizes.map((size) => {
    const setup = pffft._pffft_new_setup(size, REAL_TRANSFORM);
    if (setup === 0) {
      throw new RangeError(
        `Cannot transform ${size} samples: must be a multiple of 32 with no prime factor above 5`,
      );
    }
    const bytes = size * Float32Array.BYTES_PER_ELEMENT;
    const input = pffft._pffft_aligned_malloc(3 * bytes);
    const output = input + bytes;
    return { size, setup, input, output, work: output + bytes };
  });
  // Views are made after the last allocation: growing the memory detaches them.
  return places.map(({ size, setup, input, output, work }) => ({
    size,
    signal: new Float32Array(pffft.HEAPF32.buffer, input, size).fill(0),
    spectrum: new Float32Array(pffft.HEAPF32.buffer, output, size).fill(0),
    run: () =>
      pffft._pffft_transform_ordered(setup, input, output, work, FORWARD),
  }));
}
