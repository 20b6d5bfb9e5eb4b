/**
 * Writes the model packages that the tests use: random weights, a few kilobytes.
 * `deno task model:tiny` after a change of what a package is.
 *
 * @module
 */
import { packageFiles } from "./tiny/package_files.ts";

const FOLDERS = { pcm: "tiny", spectrum: "tiny_spectrum" } as const;

if (import.meta.main) {
  const models = new URL("../models/", import.meta.url);
  for (const kind of ["pcm", "spectrum"] as const) {
    const folder = new URL(`${FOLDERS[kind]}/`, models);
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, bytes] of await packageFiles(kind)) {
      await Deno.writeFile(new URL(name, folder), bytes);
    }
  }
}
