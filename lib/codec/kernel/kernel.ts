/**
 * The inner loops of the synthesis in WebAssembly (assembly/) and the memory
 * that they work on. Their arguments are addresses: `byteOffset` of the views
 * that are handed out here. This module is browser compatible.
 *
 * @module
 */
import { KERNEL_WASM } from "./binary.ts";

/** What assembly/index.ts exports; it says there what each does. */
export interface KernelLoops {
  envelope(
    left: number,
    right: number,
    count: number,
    env: number,
    filter: number,
    memory: number,
    high: number,
  ): void;
  exponentials(from: number, to: number, count: number): void;
  drawNoise(
    j: number,
    from: number,
    to: number,
    bands: number,
    magnitudes: number,
    gains: number,
    circle: number,
    left: number,
    right: number,
  ): void;
  overlapAdd(
    signal: number,
    window: number,
    sums: number,
    count: number,
  ): void;
  shiftAdd(sums: number, count: number, hop: number, out: number): void;
  predict(
    z: number,
    magnitude: number,
    advance: number,
    turn: number,
    own: number,
    bins: number,
  ): void;
  start(z: number, own: number, bins: number): void;
  sweepUp(
    z: number,
    magnitude: number,
    step: number,
    own: number,
    bins: number,
  ): void;
  sweepDown: KernelLoops["sweepUp"];
  placeTones(
    z: number,
    magnitude: number,
    gains: number,
    left: number,
    right: number,
    bins: number,
  ): void;
}

const PAGE_BYTES = 65_536;
/** A vector of SIMD. */
const ALIGNMENT = 16;

/** The loops over a memory of their own, given out piece by piece and never taken back. */
export class Kernel {
  readonly loops: KernelLoops;
  readonly #memory: WebAssembly.Memory;
  #next = ALIGNMENT;

  /** Use {@linkcode createKernel}. */
  constructor(loops: KernelLoops, memory: WebAssembly.Memory) {
    this.loops = loops;
    this.#memory = memory;
  }

  /** So many float32, zero. */
  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, this.#take(4 * length), length);
  }

  /** So many float64, zero. */
  doubles(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#buffer, this.#take(8 * length), length);
  }

  /** So many whole numbers of 16 bits, zero. */
  words(length: number): Uint16Array<ArrayBuffer> {
    return new Uint16Array(this.#buffer, this.#take(2 * length), length);
  }

  get #buffer(): ArrayBuffer {
    return this.#memory.buffer as ArrayBuffer;
  }

  #take(bytes: number): number {
    const at = this.#next;
    this.#next = at + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return at;
  }
}

/** Makes the loops ready, with memory of at least so many bytes. */
export async function createKernel(bytes: number): Promise<Kernel> {
  const initial = Math.ceil((ALIGNMENT + bytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial });
  const binary = Uint8Array.from(atob(KERNEL_WASM), (c) => c.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(binary, {
    env: { memory },
  });
  const loops = instance.exports as unknown as KernelLoops;
  return new Kernel(loops, memory);
}
