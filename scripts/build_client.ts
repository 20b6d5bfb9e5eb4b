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
  for (const [name, text] of types()) files.set(name, text);
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
    ".": { types: "./client.d.ts", default: "./client.js" },
    "./player": {
      types: "./player.d.ts",
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
  "client.js": "./client.d.ts",
  "player.js": "./player.d.ts",
};

/** The declarations of each entry, in one file. */
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
  const modules = new Map<string, string>();
  ts.createProgram(roots, options).emit(undefined, (path, text) => {
    modules.set(path, text);
  });
  const of = (pattern: RegExp) =>
    [...modules].filter(([path]) => pattern.test(path)).map(([, text]) => text);
  const client = of(/^\/client\/\w+\.d\.ts$|^\/protocol\/header\.d\.ts$/);
  const player = of(/^\/client\/player\/\w+\.d\.ts$/);
  return new Map([
    ["client.d.ts", oneFile([protocolTypes(), ...client])],
    ["player.d.ts", PLAYER_HEAD + oneFile(player)],
  ]);
}

const PLAYER_HEAD =
  `import type { AudioFrame, ResolvedFormat, Stream } from "./client.d.ts";\n`;

/** Modules without what they import of each other; only `mod.ts` exports. */
function oneFile(modules: string[]): string {
  const exported: string[] = [];
  const bodies = modules.map((text) =>
    text
      .replace(/^export (?:type )?\{([^}]*)\} from .*$/gm, (line, names) => {
        const type = line.startsWith("export type");
        const list = names.split(",").map((name: string) => name.trim());
        for (const name of list.filter(Boolean)) {
          exported.push(type ? `type ${name}` : name);
        }
        return "";
      })
      .replace(/^import .*$|^\/\/\/ <reference.*$|^export \{\};$/gm, "")
      .replace(/^export (?:declare )?(class|const|function)/gm, "declare $1")
      .replace(/^export (?=interface|type)/gm, "")
  );
  return `${bodies.join("\n")}\nexport {${exported.join(", ")}};\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (import.meta.main) {
  const folder = new URL("dist/client/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of await buildClient()) {
    await Deno.writeTextFile(new URL(name, folder), text);
    console.log(`dist/client/${name}`);
  }
  console.log("npm pack ./dist/client makes the tarball");
}
