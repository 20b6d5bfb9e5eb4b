/**
 * The decoder, network and synthesis: what a window costs, and how many times
 * faster than real time that is.
 *
 * @module
 */
import type { DecoderState, Model, Timing } from "../lib/inference/engine.ts";
import { type Row, statsOf } from "./stats.ts";

/** Latent frames of windows: the first that is heard, the others. */
const [FIRST, WINDOW] = [2, 24];
/** Windows of a long piece. */
const WINDOWS = 12;

/** A window at `index`, out of latents that never end. */
async function decode(
  model: Model,
  index: number,
  newFrames: number,
  state: DecoderState | null | Promise<DecoderState | null>,
) {
  const { latent: { channels, sigma_data }, decoder } = model.manifest;
  const contextFrames = Math.min(index, decoder.context_frames);
  const latents = Float32Array.from(
    { length: (contextFrames + newFrames) * channels },
    (_, i) => sigma_data * Math.sin((index * channels + i) * 78.233),
  );
  const timing: Required<Timing> = { queueMs: 0, runMs: 0, synthesisMs: 0 };
  const begin = performance.now();
  const output = await model.decode(
    { latents, contextFrames, newFrames, index, state },
    { deadlineMs: 0, onTiming: (told) => Object.assign(timing, told) },
  );
  const ms = performance.now() - begin;
  return { ms, timing, state: output.state };
}

/** Times the first window, later ones and long pieces. */
export async function decoderRows(model: Model, runs: number): Promise<Row[]> {
  const { latent: { hop_samples }, decoder } = model.manifest;
  const msOf = (frames: number) => frames * hop_samples / 48;
  const rows: Row[] = [];

  /** Rows of `run`, which makes so many latent frames that are heard. */
  async function time(
    name: string,
    frames: number,
    run: () => ReturnType<typeof decode>,
  ) {
    await run();
    const all: Awaited<ReturnType<typeof run>>[] = [];
    for (let i = 0; i < runs; i++) all.push(await run());
    const row = (name: string, unit: string, values: number[], goal = "") =>
      rows.push({ name, unit, stats: statsOf(values), goal });
    const audioMs = msOf(frames);
    row(`${name} (${audioMs} ms)`, "ms", all.map(({ ms }) => ms));
    row(
      "as a multiple of real time",
      "x",
      all.map(({ ms }) => audioMs / ms),
      ">= 150, aim 300",
    );
    row(
      "of it: network",
      "ms",
      all.map(({ timing }) => timing.runMs - timing.synthesisMs),
    );
    row(
      "of it: synthesis",
      "ms",
      all.map(({ timing }) => timing.synthesisMs),
    );
  }

  const unheard = decoder.preroll_frames;
  await time(
    `first decoder window of ${FIRST} latent frames`,
    FIRST,
    () => decode(model, 0, unheard + FIRST, null),
  );
  const known = decoder.context_frames;
  const { state } = await decode(model, 0, known, null);
  for (const frames of [FIRST, WINDOW]) {
    await time(
      `decoder window of ${frames} latent frames`,
      frames,
      () => decode(model, known, frames, state),
    );
  }

  const audioMs = msOf(WINDOWS * WINDOW);
  for (const pieces of [1, 2]) {
    const multiples: number[] = [];
    for (let i = 0; i < Math.max(1, runs / 4); i++) {
      const begin = performance.now();
      await Promise.all(Array.from({ length: pieces }, () => piece(model)));
      multiples.push(pieces * audioMs / (performance.now() - begin));
    }
    rows.push({
      name: `${pieces} decoded at once, ${audioMs / 1000} s each, together`,
      unit: "x",
      stats: statsOf(multiples),
      goal: ">= 150, aim 300",
    });
  }
  return rows;
}

/** Decodes a long piece as a stream does that is waited for: the next window is begun before the last one is done. */
async function piece(model: Model): Promise<void> {
  let last: ReturnType<typeof decode> | undefined;
  for (let i = 0; i < WINDOWS; i++) {
    const state = last?.then((window) => window.state) ?? null;
    const window = decode(model, i * WINDOW, WINDOW, state);
    await last;
    last = window;
  }
  await last;
}
