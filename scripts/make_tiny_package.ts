/**
 * Writes the model packages that the tests use: random weights, a few kilobytes.
 * `deno task model:tiny` after a change of what a package is.
 *
 * @module
 */
import { IDS, type Kind } from "./tiny/manifest.ts";
import { packageFiles } from "./tiny/package_files.ts";

if (import.meta.main) {
  const models = new URL("../models/", import.meta.url);
  for (const [kind, id] of Object.entries(IDS) as [Kind, string][]) {
    const folder = new URL(`${id}/`, models);
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, bytes] of await packageFiles(kind)) {
      await Deno.writeFile(new URL(name, folder), bytes);
    }
  }
}
