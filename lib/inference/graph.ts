/**
 * Graphs in a worker: opened and checked, and bound to memory of ours.
 *
 * @module
 */
import type { Manifest } from "./manifest.ts";
import type { WorkerModel } from "./messages.ts";
import {
  createSession,
  type Ort,
  type Session,
  type SessionOptions,
} from "./ort.ts";

type Tensor = import("onnxruntime-node").Tensor;

/** Memory for an output of a graph. */
export interface GraphOutput {
  /** Name in the graph. */
  name: string;
  array: Float32Array<ArrayBuffer>;
  /** Row-major; leading axes of length 1 are left out. */
  shape: number[];
}

/**
 * Loads a graph of a model.
 *
 * @throws {Error} Naming the file, if it does not load or lacks what the manifest names.
 */
export async function openGraph(
  ort: Ort,
  { manifest, graphs }: WorkerModel,
  role: keyof WorkerModel["graphs"],
  options: SessionOptions,
): Promise<Session> {
  const path = graphs[role]!;
  const session = await createSession(ort, path, options);
  const { inputs, outputs } = manifest[role]!.graph;
  const wanted = Object.values(inputs as Record<string, string | undefined>)
    .concat(moreInputs(manifest, role));
  try {
    requireNames(session, wanted, Object.values(outputs), path);
  } catch (error) {
    await session.release();
    throw error;
  }
  return session;
}

/** Tensors over our own memory for the graph to write to. */
export function bindOutputs(
  ort: Ort,
  session: Session,
  outputs: readonly GraphOutput[],
): Record<string, Tensor> {
  return Object.fromEntries(outputs.map(({ name, array, shape }) => {
    const at = session.outputNames.indexOf(name);
    const declared = session.outputMetadata[at];
    const rank = declared?.isTensor ? declared.shape.length : shape.length;
    const ones = new Array<number>(Math.max(0, rank - shape.length)).fill(1);
    return [name, new ort.Tensor("float32", array, [...ones, ...shape])];
  }));
}

function moreInputs(
  { denoiser }: Manifest,
  role: keyof WorkerModel["graphs"],
): string[] {
  const { budgets } = denoiser;
  return role === "denoiser" && budgets ? [budgets.input] : [];
}

/** A manifest that names what a graph does not have is found out at once. */
function requireNames(
  session: Session,
  inputs: readonly (string | undefined)[],
  outputs: readonly (string | undefined)[],
  path: string,
): void {
  const pairs = [
    ["input", inputs, session.inputNames],
    ["output", outputs, session.outputNames],
  ] as const;
  for (const [kind, wanted, present] of pairs) {
    const missing = wanted.find((name) => name && !present.includes(name));
    if (missing !== undefined) {
      throw new Error(
        `${path} has no ${kind} "${missing}", it has ${present.join(", ")}`,
      );
    }
  }
}
