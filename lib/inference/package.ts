/**
 * Model packages on disk: found, read, and checked against their digests.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Manifest, parseManifest } from "./manifest.ts";
import {
  readFile,
  readJson,
  unreadable,
  verifiedPath,
} from "./package_files.ts";
import { PackageError } from "./package_error.ts";

const MANIFEST_FILE = "model.json";

/** A package whose files are what its manifest says. */
export interface ModelPackage {
  manifest: Manifest;
  /** sha256 of the manifest file, hex; the manifest holds those of all others. */
  sha256: string;
  /** Content of the tokenizer file, parsed. */
  tokenizer: object;
  /** Real paths of the graphs. */
  graphs: GraphPaths;
}

/** Paths of a package's graphs; not every package has an encoder. */
export type GraphPaths =
  & Record<"prompt" | "denoiser" | "decoder", string>
  & { encoder?: string };

/**
 * Loads packages.
 *
 * @param folders Each is a package (it has a model.json) or contains packages; those are taken in alphabetical order, the ones for tests left out.
 * @returns At least one package, in order.
 * @throws {PackageError} Naming the folder or file at fault.
 */
export async function loadPackages(
  folders: readonly string[],
): Promise<ModelPackage[]> {
  const packages = new Map<string, ModelPackage>();
  for (const folder of folders) {
    for (const each of await packageFolders(folder)) {
      const loaded = await loadPackage(each);
      const { id } = loaded.manifest;
      if (packages.has(id)) {
        throw new PackageError(
          `Cannot use ${each}: another package has the id "${id}" too`,
        );
      }
      packages.set(id, loaded);
    }
  }
  return [...packages.values()];
}

/**
 * Loads one package.
 *
 * @param folder Folder of its model.json.
 * @throws {PackageError} Naming the file at fault.
 */
export async function loadPackage(folder: string): Promise<ModelPackage> {
  const bytes = await readFile(join(folder, MANIFEST_FILE));
  const manifest = manifestOf(bytes, folder);
  const { prompt, denoiser, decoder, encoder } = manifest;
  const tokenizerPath = await verifiedPath(folder, prompt.tokenizer);
  const graphs = {
    prompt: await verifiedPath(folder, prompt.graph),
    denoiser: await verifiedPath(folder, denoiser.graph),
    decoder: await verifiedPath(folder, decoder.graph),
    ...(encoder && { encoder: await verifiedPath(folder, encoder.graph) }),
  };
  return {
    manifest,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    tokenizer: await readJson(tokenizerPath),
    graphs,
  };
}

function manifestOf(bytes: Uint8Array, folder: string): Manifest {
  const text = new TextDecoder().decode(bytes);
  return parseManifest(text, join(folder, MANIFEST_FILE));
}

async function packageFolders(folder: string): Promise<string[]> {
  if (await isPackage(folder)) return [folder];
  const found: string[] = [];
  let tests = 0;
  for (const name of await subfolders(folder)) {
    const path = join(folder, name);
    if (!await isPackage(path)) continue;
    const bytes = await readFile(join(path, MANIFEST_FILE));
    if (manifestOf(bytes, path).test) tests++;
    else found.push(path);
  }
  if (found.length > 0) return found;
  throw new PackageError(
    `Cannot use ${folder}: neither it nor a folder in it has a ${MANIFEST_FILE}` +
      (tests > 0 ? ` (${tests} for tests, to be named directly)` : ""),
  );
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isFile) names.push(entry.name);
    }
    return names.sort();
  } catch (error) {
    throw unreadable(folder, error);
  }
}

async function isPackage(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(folder, MANIFEST_FILE))).isFile;
  } catch {
    return false;
  }
}
