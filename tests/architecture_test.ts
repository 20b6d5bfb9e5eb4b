import { assert, assertEquals } from "@std/assert";

const LIB = new URL("../lib/", import.meta.url);

/** What each room may import: rooms of lib, and packages. */
const RULES: Record<string, { rooms: string[]; packages: string[] }> = {
  protocol: {
    rooms: [],
    packages: ["valibot", "@valibot/to-json-schema"],
  },
  diffusion: { rooms: [], packages: [] },
  codec: {
    rooms: ["diffusion"],
    packages: ["@alexanderolsen/libsamplerate-js", "@echogarden/pffft-wasm"],
  },
  audio: {
    rooms: [],
    packages: [
      ...["@evan/opus", "mediabunny", "music-tempo", "ogg-opus-decoder"],
      ...["@alexanderolsen/libsamplerate-js", "@wasm-audio-decoders/flac"],
      "@wasm-audio-decoders/ogg-vorbis",
    ],
  },
  prompt: { rooms: [], packages: ["@huggingface/tokenizers"] },
  client: { rooms: ["protocol"], packages: [] },
  inference: {
    rooms: ["codec", "diffusion", "prompt", "protocol"],
    packages: ["@opentelemetry/api", "onnxruntime-node", "valibot"],
  },
  stream: {
    rooms: ["audio", "diffusion", "inference", "prompt", "protocol"],
    packages: [],
  },
  session: {
    rooms: ["audio", "inference", "protocol", "stream"],
    packages: ["hash-wasm"],
  },
  cluster: {
    rooms: ["inference", "session", "stream"],
    packages: [
      ...["@nats-io/jetstream", "@nats-io/kv", "@nats-io/transport-node"],
    ],
  },
  osc: { rooms: ["protocol", "session"], packages: ["osc-min"] },
  lyria: { rooms: ["protocol", "session"], packages: ["valibot"] },
  http: {
    rooms: ["audio", "inference", "protocol", "session", "stream"],
    packages: ["hono", "valibot"],
  },
};

/** Rooms that only use what every JavaScript platform has. */
const PURE = ["protocol", "diffusion", "codec", "audio", "prompt", "client"];

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sources(url);
    else if (entry.name.endsWith(".ts")) yield url;
  }
}

/** Code without its comments, so that examples and prose do not count. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

function imports(text: string): string[] {
  return [
    ...code(text).matchAll(
      /^(?:import|export)\s+(?:[\w*\s{},]+?\s+from\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm,
    ),
  ].map((match) => match[1] ?? match[2]!);
}

Deno.test("every room of lib imports only what its purpose needs", async () => {
  const wrong: string[] = [];
  for (const [room, { rooms, packages }] of Object.entries(RULES)) {
    const folder = new URL(`${room}/`, LIB);
    for await (const file of sources(folder)) {
      for (const name of imports(await Deno.readTextFile(file))) {
        const from = file.href.slice(LIB.href.length);
        if (!name.startsWith(".")) {
          const builtIn = name.startsWith("node:") && !PURE.includes(room);
          const known = builtIn ||
            packages.some((p) => name === p || name.startsWith(`${p}/`));
          if (!known) wrong.push(`${from} imports ${name}`);
          continue;
        }
        const path = new URL(name, file).href.slice(LIB.href.length);
        const target = path.includes("/") ? path.split("/")[0]! : "";
        if (target === room || rooms.includes(target)) continue;
        // Files beside the rooms (the log, the instruments) belong to the server's side.
        if (target === "" && !PURE.includes(room)) continue;
        wrong.push(`${from} imports ${path}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("pure rooms do not know Deno", async () => {
  const wrong: string[] = [];
  for (const room of PURE) {
    for await (const file of sources(new URL(`${room}/`, LIB))) {
      if (/\bDeno\./.test(code(await Deno.readTextFile(file)))) {
        wrong.push(file.href.slice(LIB.href.length));
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("only workers import onnxruntime-node at run time", async () => {
  const importers: string[] = [];
  for await (const file of sources(LIB)) {
    const text = code(await Deno.readTextFile(file));
    if (/^import (?!type)[^;]*"onnxruntime-node"/m.test(text)) {
      importers.push(file.href.slice(LIB.href.length));
    }
  }
  assertEquals(importers.sort(), [
    "inference/synthesis_worker.ts",
    "inference/worker.ts",
  ]);
  assert(Object.keys(RULES).length >= 10);
});
