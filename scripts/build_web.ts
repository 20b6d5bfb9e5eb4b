/**
 * Bundles the live page's scripts, and the documentation as pages, into
 * `web/dist`, which is committed: nobody who only wants to play has to build
 * anything.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { docsPages } from "./docs/pages.ts";

const ROOT = new URL("../", import.meta.url);

/** The files of `web/dist` by name, as they have to be. */
export async function buildWeb(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints: {
      app: "web/app.ts",
      worklet: "lib/client/player/worklet.ts",
      client: "lib/client/mod.ts",
      player: "lib/client/player/mod.ts",
    },
    bundle: true,
    format: "esm",
    legalComments: "none",
    minify: true,
    outdir: "web/dist",
    target: "es2022",
    write: false,
  });
  await stop();
  const icon = await Deno.readFile(new URL("web/icon.svg", ROOT));
  return new Map([
    ...outputFiles.map(({ path, contents }) =>
      [path.split("/").at(-1)!, contents] as const
    ),
    ["icon.svg", icon],
    ...await docsPages(),
  ]);
}

if (import.meta.main) {
  const dist = new URL("web/dist/", ROOT);
  await Deno.mkdir(dist, { recursive: true });
  for (const [name, contents] of await buildWeb()) {
    await Deno.writeFile(new URL(name, dist), contents);
    console.log(`web/dist/${name} ${contents.byteLength} bytes`);
  }
}
