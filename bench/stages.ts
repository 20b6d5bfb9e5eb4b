/**
 * Cost of each unit of work in the inference worker, without a server around.
 *
 * @module
 */
import { openEngine } from "../lib/inference/mod.ts";
import { decoderRows } from "./decoder.ts";
import { gemmGflops } from "./gemm.ts";
import { type Row, statsOf } from "./stats.ts";

const SILENT = { info() {}, warn() {}, error() {} };

/** Times prompt, denoiser and decoder calls of the default package. */
export async function stages(runs: number): Promise<Row[]> {
  await using engine = await openEngine({
    models: ["models"],
    provider: "auto",
    threads: null,
    log: SILENT,
  });
  const model = engine.models.values().next().value!;
  const { manifest } = model;
  const { channels } = manifest.latent;
  const threads = Math.min(2, navigator.hardwareConcurrency);
  const gflops = await gemmGflops(runs, threads);
  const rows: Row[] = [{
    name: "float32 matrix product, 1024 cubed",
    unit: "GFLOP/s",
    stats: statsOf([gflops]),
    goal: "",
  }];
  // Weights are stored in two bytes each; every token meets nearly all of them.
  const { size } = await Deno.stat(
    `models/${manifest.id}/${manifest.denoiser.graph.file}`,
  );
  const boundMs = (tokens: number) => 2 * (size / 2) * tokens / gflops / 1e6;

  async function time(name: string, goal: string, run: () => Promise<unknown>) {
    await run();
    const samples: number[] = [];
    for (let i = 0; i < runs; i++) {
      const begin = performance.now();
      await run();
      samples.push(performance.now() - begin);
    }
    rows.push({ name, unit: "ms", stats: statsOf(samples), goal });
  }

  const options = { deadlineMs: 0 };
  let take = 0;
  await time(
    "prompt encoder",
    "",
    () => model.encodePrompt(`dreamy synthwave, take ${take++}`, options),
  );

  const { lengths, context } = manifest.blocks;
  for (const frames of [lengths[0]!, context + lengths.at(-1)!]) {
    for (const batch of [1, 2]) {
      const noise = (length: number) =>
        Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898));
      const input = {
        batch,
        frames,
        x: noise(batch * frames * channels),
        cNoise: new Float32Array(batch),
        prompt: noise(batch * manifest.prompt.tokens * manifest.prompt.dims),
        controls: new Float32Array(batch * frames * manifest.controls.channels),
        context: new Float32Array(batch * frames * (channels + 1)),
      };
      await time(
        `denoiser call, ${frames} latent frames, batch ${batch}`,
        `matrix products alone: ${
          boundMs(batch * frames / manifest.denoiser.frames.multiple).toFixed(1)
        }`,
        () => model.denoise(input, options),
      );
    }
  }

  rows.push(...await decoderRows(model, runs));
  return rows;
}
