/**
 * The kinds of work that workers are given for one model.
 *
 * @module
 */
import type { DecoderInput, DecoderState, DenoiserInput } from "./engine.ts";
import type { WindowFrames } from "./features.ts";
import type { Manifest } from "./manifest.ts";
import type {
  AnalyseRequest,
  DecodeRequest,
  DenoiseRequest,
  EncodeRequest,
  SynthesiseRequest,
  WorkRequest,
} from "./messages.ts";
import type { Done, Job } from "./scheduler.ts";
import type { Finished, Unpacked, WorkerClient } from "./worker_client.ts";

type Samples = Float32Array<ArrayBuffer>;

/** Runs one request on a worker, within a time that only a hanging one exceeds. */
export type RunOn = <R extends WorkRequest>(
  worker: WorkerClient,
  key: string,
  work: Unpacked<R>,
) => Promise<Finished>;

/** Work that is never shared: one input, one run. */
function single<I, O>(
  key: string,
  run: (worker: WorkerClient, input: I) => Promise<{ output: O; ms: number }>,
): Job<WorkerClient, I, O> {
  return {
    key,
    mostRows: 1,
    repeatable: true,
    rows: () => 1,
    async execute(worker, [input]) {
      const { output, ms } = await run(worker, input!);
      return { outputs: [output], ms };
    },
  };
}

/** Token ids to prompt tokens, then log2 of the tempo (NaN: none is implied) if the package predicts one. */
export function encodeJob(model: string, runOn: RunOn) {
  const key = `${model} prompt`;
  return single<number[], Samples[]>(key, async (worker, ids) => {
    const work: Unpacked<EncodeRequest> = { type: "encode", model, ids };
    const { outputs, ms } = await runOn<EncodeRequest>(worker, key, work);
    return { output: outputs, ms };
  });
}

/** Audio of so many samples to latents. */
export function analyseJob(model: string, samples: number, runOn: RunOn) {
  const key = `${model} analyse ${samples}`;
  return single<Float32Array[], Samples>(key, async (worker, arrays) => {
    const work: Unpacked<AnalyseRequest> = { type: "analyse", model, arrays };
    const { outputs, ms } = await runOn<AnalyseRequest>(worker, key, work);
    return { output: outputs[0]!, ms };
  });
}

/** What a denoiser call is given, every field resolved. */
export type DenoiserCall = Omit<DenoiserInput, "blocks"> & {
  blocks: number | null;
};

/** Latents and other rows to F. Calls of one shape share a run of up to `mostRows`. */
export function denoiseJob(
  { id: model }: Manifest,
  { frames, blocks }: Pick<DenoiserCall, "frames" | "blocks">,
  mostRows: number,
  runOn: RunOn,
): Job<WorkerClient, DenoiserCall, Float32Array> {
  const key = denoiseKey(model, frames, blocks);
  return {
    key,
    mostRows,
    repeatable: true,
    rows: ({ batch }) => batch,
    async execute(worker, calls): Promise<Done<Float32Array>> {
      const batch = calls.reduce((sum, call) => sum + call.batch, 0);
      const arrays = (["x", "cNoise", "prompt", "controls", "context"] as const)
        .map((name) => joined(calls.map((call) => call[name])));
      const work: Unpacked<DenoiseRequest> = {
        type: "denoise",
        model,
        batch,
        frames,
        blocks,
        arrays,
      };
      const { outputs: [f], ms } = await runOn<DenoiseRequest>(
        worker,
        key,
        work,
      );
      const row = f!.length / batch;
      let at = 0;
      return {
        ms,
        outputs: calls.map((call) => f!.subarray(at, at += call.batch * row)),
      };
    },
  };
}

/** Names denoiser calls that cost the same. */
export function denoiseKey(
  model: string,
  frames: number,
  blocks: number | null,
): string {
  return `${model} denoise ${frames} ${blocks ?? "all"}`;
}

/** Latents of a window to features. Memory for them is taken from `spare`. */
export function decodeJob(
  model: string,
  { contextFrames, newFrames }: WindowFrames,
  spare: ArrayBuffer[],
  runOn: RunOn,
) {
  const key = decodeKey(model, contextFrames + newFrames);
  return single<Float32Array, ArrayBuffer>(key, async (worker, latents) => {
    const arrays = [latents];
    const { features, ms } = await runOn<DecodeRequest>(worker, key, {
      type: "decode",
      model,
      contextFrames,
      newFrames,
      arrays,
      features: spare.pop() ?? null,
    });
    return { output: features!, ms };
  });
}

/** Names decoder runs that cost the same. */
export function decodeKey(model: string, frames: number): string {
  return `${model} decode ${frames}`;
}

/** What synthesis makes PCM of. */
export type Window =
  & Pick<DecoderInput, "contextFrames" | "newFrames" | "index">
  & { features: ArrayBuffer; state: DecoderState | null };

/** Features of so many new frames to left, right and state. Their memory goes to `spare`. */
export function synthesiseJob(
  model: string,
  newFrames: number,
  spare: ArrayBuffer[],
  runOn: RunOn,
) {
  const key = synthesiseKey(model, newFrames);
  const job = single<Window, Samples[]>(
    key,
    async (worker, { state, ...window }) => {
      const arrays = [state ?? new Float32Array()];
      const work: Unpacked<SynthesiseRequest> = {
        type: "synthesise",
        model,
        ...window,
        arrays,
      };
      const done = await runOn<SynthesiseRequest>(worker, key, work);
      const { outputs, features, ms } = done;
      if (features && spare.length < MOST_SPARE) spare.push(features);
      return { output: outputs, ms };
    },
  );
  // The features are sent away and lost with the worker: the decoder has to run again too.
  return { ...job, repeatable: false };
}

/** Names synthesis runs that cost the same. */
export function synthesiseKey(model: string, newFrames: number): string {
  return `${model} synthesise ${newFrames}`;
}

/** Buffers of features kept for reuse. */
const MOST_SPARE = 4;

function joined(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0]!;
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const all = new Float32Array(length);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
