/**
 * Makes a model package of a download of Stable Audio 3 small music:
 * `deno task model:add FOLDER` checks the graphs and writes `model.json` beside
 * them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { parseManifest } from "../lib/inference/manifest.ts";
import {
  type GraphLayout,
  GRAPHS,
  type Port,
  SOURCE,
  TOKENIZER_FILES,
} from "./stable_audio/layout.ts";
import {
  type FileEntry,
  type Files,
  stableAudioManifest,
} from "./stable_audio/manifest.ts";

/** The folder is not what is wanted; the message says what is. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

/**
 * Writes `model.json` into the folder of a download.
 *
 * @returns The path of the manifest.
 * @throws {DownloadError} If a file is missing or is another graph.
 */
export async function addModel(folder: string): Promise<string> {
  const wanted = {
    tokenizer: TOKENIZER_FILES,
    prompt: GRAPHS.prompt.files,
    denoiser: GRAPHS.denoiser.files,
    decoder: GRAPHS.decoder.files,
  };
  const files: Partial<Files> = {};
  const missing: string[] = [];
  for (const [role, names] of Object.entries(wanted)) {
    const file = await firstOf(folder, names);
    if (file === null) missing.push(names[0]!);
    else files[role as keyof Files] = await entryOf(folder, file);
  }
  if (missing.length > 0) {
    throw new DownloadError(
      `${folder} lacks ${missing.join(", ")}. ${SOURCE}`,
    );
  }
  for (const [role, layout] of Object.entries(GRAPHS)) {
    await checkGraph(folder, files[role as keyof Files]!.file, layout);
  }
  const path = join(folder, "model.json");
  const manifest = stableAudioManifest(files as Files);
  const text = JSON.stringify(manifest, null, 2) + "\n";
  parseManifest(text, path);
  await Deno.writeTextFile(path, text);
  return path;
}

async function firstOf(
  folder: string,
  names: readonly string[],
): Promise<string | null> {
  for (const name of names) {
    const info = await Deno.stat(join(folder, name)).catch(() => null);
    if (info?.isFile) return name;
  }
  return null;
}

/** Weights may be large: they are read piece by piece. */
async function entryOf(folder: string, file: string): Promise<FileEntry> {
  const hash = createHash("sha256");
  const opened = await Deno.open(join(folder, file));
  for await (const chunk of opened.readable) hash.update(chunk);
  return { file, sha256: hash.digest("hex") };
}

async function checkGraph(
  folder: string,
  file: string,
  layout: GraphLayout,
): Promise<void> {
  const path = join(folder, file);
  let session;
  try {
    session = await ort.InferenceSession.create(path);
  } catch (error) {
    throw new DownloadError(`Cannot load ${path}: ${(error as Error).message}`);
  }
  try {
    checkPorts(path, "input", layout.inputs, session.inputMetadata);
    checkPorts(path, "output", layout.outputs, session.outputMetadata);
  } finally {
    await session.release();
  }
}

type Metadata = readonly ort.InferenceSession.ValueMetadata[];

function checkPorts(
  path: string,
  kind: string,
  wanted: Readonly<Record<string, Port>>,
  found: Metadata,
): void {
  const present = found.map((port) => port.name).join(", ");
  for (const [name, { type, shape }] of Object.entries(wanted)) {
    const port = found.find((each) => each.name === name);
    if (!port) {
      throw new DownloadError(
        `${path} has no ${kind} ${name}, it has ${present}. ${SOURCE}`,
      );
    }
    if (!port.isTensor || port.type !== type || !fits(port.shape, shape)) {
      const is = port.isTensor
        ? `${port.type} (${port.shape.join(", ")})`
        : "no tensor";
      throw new DownloadError(
        `${path}: the ${kind} ${name} is ${is}, wanted is ${type} (${
          shape.map((length) => length < 0 ? "free" : length).join(", ")
        })`,
      );
    }
  }
}

/** Whether axes are as many and as long; a free axis takes any length. */
function fits(
  found: readonly (number | string)[],
  wanted: readonly number[],
): boolean {
  return found.length === wanted.length &&
    wanted.every((length, i) => {
      const is = found[i]!;
      const free = typeof is === "string" || is < 0;
      return length < 0 ? free : free || is === length;
    });
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (!folder) {
    console.error(`Usage: deno task model:add FOLDER. ${SOURCE}`);
    Deno.exit(2);
  }
  try {
    const path = await addModel(folder);
    console.log(
      `wrote ${path}: deno run -P --allow-read main.ts --models ${folder}`,
    );
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
