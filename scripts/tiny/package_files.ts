/**
 * Content of the tiny packages.
 *
 * @module
 */
import { pcmDecoderGraph, spectrumDecoderGraph } from "./decoder_graphs.ts";
import { denoiserGraph } from "./denoiser_graph.ts";
import { encoderGraph } from "./encoder_graph.ts";
import { type Files, type Kind, tinyManifest } from "./manifest.ts";
import { promptGraph } from "./prompt_graph.ts";
import { tokenizerJson, TOKENS } from "./tokenizer.ts";

/**
 * All files of a package, the same bytes on every machine.
 *
 * @returns Bytes by file name.
 */
export async function packageFiles(
  kind: Kind,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const decoder = kind === "spectrum"
    ? spectrumDecoderGraph()
    : pcmDecoderGraph();
  const roles = {
    tokenizer: ["tokenizer.json", json(tokenizerJson())],
    prompt: ["prompt.onnx", promptGraph(TOKENS.length)],
    denoiser: ["denoiser.onnx", denoiserGraph(kind === "layers")],
    decoder: ["decoder.onnx", decoder],
    ...(kind === "spectrum" && {
      encoder: ["encoder.onnx", encoderGraph()] as const,
    }),
  } satisfies Partial<Record<keyof Files, readonly [string, Uint8Array]>>;

  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const entries: [string, { file: string; sha256: string }][] = [];
  for (const [role, [file, content]] of Object.entries(roles)) {
    const bytes = Uint8Array.from(content);
    files.set(file, bytes);
    entries.push([role, { file, sha256: await sha256(bytes) }]);
  }
  const manifest = tinyManifest(kind, Object.fromEntries(entries) as Files);
  return files.set("model.json", json(manifest));
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
