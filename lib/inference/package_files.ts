/**
 * Files of model packages: every fault becomes one line that names the file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, sep } from "node:path";
import { PackageError } from "./package_error.ts";

/**
 * Checks a file of a package.
 *
 * @returns Its real path, inside the package folder.
 * @throws {PackageError} If it lies outside or its digest is another.
 */
export async function verifiedPath(
  folder: string,
  { file, sha256 }: { file: string; sha256: string },
): Promise<string> {
  const path = join(folder, file);
  // The runtime reads graphs by itself, past Deno's permissions: nothing but
  // the package's own files may get there.
  const root = await realPath(folder);
  const real = await realPath(path);
  if (!real.startsWith(root + sep)) {
    throw new PackageError(
      `Cannot use ${path}: the file "${file}" lies outside of the package folder`,
    );
  }
  const found = await digest(real);
  if (found !== sha256) {
    throw new PackageError(
      `Cannot use ${path}: expected sha256 ${sha256}, found ${found}`,
    );
  }
  return real;
}

/** Digest of a file in bounded memory: weights may be large. */
async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    const file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest("hex");
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** @throws {PackageError} If the file cannot be read. */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** @throws {PackageError} If the file cannot be read or is not JSON. */
export async function readJson(path: string): Promise<object> {
  const text = new TextDecoder().decode(await readFile(path));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PackageError(
      `Cannot use ${path}: it is not JSON: ${(error as Error).message}`,
    );
  }
}

/** What to throw when the system cannot read a file or folder. */
export function unreadable(path: string, error: unknown): PackageError {
  const reason = error instanceof Deno.errors.NotFound
    ? "it does not exist"
    : (error as Error).message;
  return new PackageError(`Cannot use ${path}: ${reason}`, { cause: error });
}
