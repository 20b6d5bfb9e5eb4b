/**
 * Builds the client library as a package for npm and JSR into `dist/client`:
 * plain JavaScript, its types, and nothing to install besides.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import ts from "typescript";
import { protocolTypes } from "./client/protocol_types.ts";

const ROOT = new URL("../", import.meta.url);
const CLIENT = new URL("lib/client/", ROOT);

/** What can be imported from the package, by the name of its file. */
const ENTRIES = {
  client: "lib/client/mod.ts",
  player: "lib/client/player/mod.ts",
  worklet: "lib/client/player/worklet.ts",
};

/** The files of the package by their paths. */
export async function buildClient(): Promise<Map<string, string>> {
  const { version, license } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const files = new Map<string, string>();
  for (const [name, text] of await scripts()) files.set(name, text);
  for (const [name, text] of types()) files.set(`types/${name}`, text);
  files.set("types/protocol.d.ts", protocolTypes());
  const name = "@prestissimo/client";
  files.set("package.json", json({ name, version, license, ...PACKAGE }));
  const exports = { ".": "./client.js", "./player": "./player.js" };
  files.set("jsr.json", json({ name, version, license, exports }));
  for (const name of ["LICENSE", "docs/client.md"]) {
    const text = await Deno.readTextFile(new URL(name, ROOT));
    files.set(name === "LICENSE" ? name : "README.md", text);
  }
  return files;
}

const PACKAGE = {
  description:
    "Plays live music from a Prestissimo server, and bends it while it plays",
  type: "module",
  sideEffects: ["./worklet.js"],
  engines: { node: ">=20" },
  exports: {
    ".": { types: "./types/mod.d.ts", default: "./client.js" },
    "./player": {
      types: "./types/player/mod.d.ts",
      default: "./player.js",
    },
    "./worklet.js": "./worklet.js",
  },
};

/** Bundles, which say where their types are to whoever takes them from JSR. */
async function scripts(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints: ENTRIES,
    bundle: true,
    format: "esm",
    outdir: "dist/client",
    target: "es2022",
    write: false,
  });
  await stop();
  return new Map(outputFiles.map(({ path, text }) => {
    const name = path.split("/").at(-1)!;
    const types = TYPES_OF[name];
    return [name, types ? `/* @ts-self-types="${types}" */\n${text}` : text];
  }));
}

const TYPES_OF: Record<string, string> = {
  "client.js": "./types/mod.d.ts",
  "player.js": "./types/player/mod.d.ts",
};

/** Declarations of every module; those of the protocol are in one file. */
function types(): Map<string, string> {
  const roots = [ENTRIES.client, ENTRIES.player].map((path) =>
    fileURLToPath(new URL(path, ROOT))
  );
  const options: ts.CompilerOptions = {
    ...{ declaration: true, emitDeclarationOnly: true, noCheck: true },
    ...{ isolatedDeclarations: true, allowImportingTsExtensions: true },
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ESNext,
    outDir: "/",
    rootDir: fileURLToPath(new URL("lib/", ROOT)),
  };
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile;
  // It would take the default library from whoever installs the package.
  host.readFile = (path) =>
    readFile(path)?.replace(/^\/\/\/ <reference no-default-lib.*\n/gm, "");
  const files = new Map<string, string>();
  const program = ts.createProgram(roots, options, host);
  program.emit(undefined, (path, text) => {
    const name = path.replace(/^\/client\/|^\/protocol\/(?=header)/, "");
    if (name.startsWith("/")) return;
    files.set(name, text.replace(/"(\.[^"]*)\.ts"/g, moduleName));
  });
  return files;
}

/** Where a module of the client or the protocol is in the package. */
function moduleName(_: string, path: string): string {
  const here = path.replace(/^(\.\.\/)?\.\.\/protocol\/(?:(header)$)?.*/, (
    _,
    up = "./",
    header = "protocol",
  ) => up + header);
  return `"${here}.js"`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (import.meta.main) {
  const folder = new URL("dist/client/", ROOT);
  for (const [name, text] of await buildClient()) {
    const url = new URL(name, folder);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, text);
    console.log(`dist/client/${name}`);
  }
  console.log("npm pack ./dist/client makes the tarball");
}
