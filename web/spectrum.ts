/**
 * The moving spectrum.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />

const LOWEST_HZ = 45;
const HIGHEST_HZ = 15_000;
/** Width of a bar with the gap beside it, in CSS pixels. */
const PITCH = 9;
const BAR = 5;
/** Time between pictures, in ms: at rest, and where the machine is busy. */
const FRAME_MS = 1000 / 30;
const BUSY_FRAME_MS = 1000 / 8;
/** What a bar loses from one picture to the next. */
const FALL = 0.82;

/** One colour of the mix. */
export interface Tint {
  /** Degrees. */
  hue: number;
  /** Share of the mix, 0 to 1. */
  share: number;
}

/** Draws bars from low to high, in the colours of the mix. */
export class Spectrum {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #analyser: AnalyserNode | null = null;
  #bins: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #bars = new Float32Array(0);
  #paint: CanvasGradient | string = "#888";
  #tints: Tint[] = [];
  #size = { width: 0, height: 0 };
  #lastMs = 0;
  #frameMs = FRAME_MS;
  /** Called before every picture. */
  onFrame: () => void = () => {};

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d")!;
    new ResizeObserver(() => this.#resize()).observe(canvas);
    requestAnimationFrame((ms) => this.#tick(ms));
  }

  /** Draws what this node hears. */
  listen(analyser: AnalyserNode): void {
    this.#analyser = analyser;
    this.#bins = new Uint8Array(analyser.frequencyBinCount);
  }

  /** Changes the colours, from left to right. */
  tint(tints: Tint[]): void {
    this.#tints = tints;
    const { width } = this.#size;
    const gradient = this.#context.createLinearGradient(0, 0, width || 1, 0);
    const heard = tints.filter(({ share }) => share > 0);
    let at = 0;
    for (const { hue, share } of heard) {
      gradient.addColorStop(
        Math.min(1, at + share / 2),
        `oklch(0.76 0.15 ${hue})`,
      );
      at += share;
    }
    this.#paint = heard.length > 0 ? gradient : "oklch(0.6 0.02 280)";
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = Math.min(2, devicePixelRatio);
    this.#size = { width: clientWidth, height: clientHeight };
    this.#canvas.width = Math.round(clientWidth * scale);
    this.#canvas.height = Math.round(clientHeight * scale);
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#bars = new Float32Array(Math.floor(clientWidth / PITCH));
    this.tint(this.#tints);
  }

  #tick(ms: number): void {
    requestAnimationFrame((ms) => this.#tick(ms));
    const sinceMs = ms - this.#lastMs;
    // A hair less than a frame, lest two pictures in three are dropped.
    if (sinceMs < this.#frameMs - 4) return;
    // Pictures that come late mean that the music needs the processor more.
    const late = sinceMs > 1.6 * this.#frameMs;
    this.#frameMs = late
      ? Math.min(BUSY_FRAME_MS, this.#frameMs * 1.5)
      : Math.max(FRAME_MS, this.#frameMs * 0.98);
    this.#lastMs = ms;
    this.onFrame();
    this.#measure();
    this.#draw();
  }

  /** Bars rise at once and fall slowly. */
  #measure(): void {
    this.#analyser?.getByteFrequencyData(this.#bins);
    const nyquist = (this.#analyser?.context.sampleRate ?? 48_000) / 2;
    const ratio = Math.log(HIGHEST_HZ / LOWEST_HZ) / this.#bars.length;
    const binOf = (i: number) =>
      LOWEST_HZ * Math.exp(ratio * i) / nyquist * this.#bins.length;
    for (let i = 0; i < this.#bars.length; i++) {
      const level = this.#peak(binOf(i), binOf(i + 1)) / 255;
      this.#bars[i] = Math.max(level ** 1.5, this.#bars[i]! * FALL);
    }
  }

  /** The loudest bin of a range; between bins where the range is narrower. */
  #peak(from: number, to: number): number {
    if (to - from < 1) {
      const low = this.#bins[Math.floor(from)] ?? 0;
      const high = this.#bins[Math.floor(from) + 1] ?? 0;
      return low + (high - low) * (from % 1);
    }
    let peak = 0;
    for (let bin = Math.floor(from); bin < to; bin++) {
      peak = Math.max(peak, this.#bins[bin] ?? 0);
    }
    return peak;
  }

  #draw(): void {
    const { width, height } = this.#size;
    const context = this.#context;
    const ground = height * 0.72;
    context.clearRect(0, 0, width, height);
    context.fillStyle = this.#paint;
    this.#fillBars(ground, ground - 8, -1);
    // The reflection.
    context.globalAlpha = 0.16;
    this.#fillBars(ground + 5, (height - ground) * 0.9, 1);
    context.globalAlpha = 1;
  }

  #fillBars(from: number, tallest: number, direction: 1 | -1): void {
    const left = (this.#size.width - this.#bars.length * PITCH) / 2;
    const path = this.#context;
    path.beginPath();
    this.#bars.forEach((level, i) => {
      const tall = Math.max(3, level * tallest);
      const top = direction < 0 ? from - tall : from;
      path.roundRect(left + i * PITCH + 2, top, BAR, tall, BAR / 2);
    });
    path.fill();
  }
}
