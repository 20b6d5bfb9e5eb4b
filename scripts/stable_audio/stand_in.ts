/**
 * Graphs of the names, types and axes of Stable Audio 3 small music, with random
 * weights: for tests of everything but the sound.
 *
 * @module
 */
import { GraphBuilder } from "../tiny/graph_builder.ts";
import { tokenizerJson, TOKENS as VOCABULARY } from "../tiny/tokenizer.ts";
import { randomWeights } from "../tiny/weights.ts";
import { CHANNELS, GRAPHS, HIDDEN, NATIVE_HOP, TOKENS } from "./layout.ts";

const WIDTH = 16;

/** Names of axes of free length. */
const FREE = "frames";

function prompt(): Uint8Array {
  const g = new GraphBuilder();
  const ids = g.input("input_ids", [1, TOKENS], "int64");
  const mask = g.input("attention_mask", [1, TOKENS], "int64");
  const table = randomWeights(201, 1, VOCABULARY.length * HIDDEN, 1);
  const rows = g.node("Gather", [
    g.weights(table, [VOCABULARY.length, HIDDEN]),
    ids,
  ]);
  const heard = g.node("Cast", [mask], { to: 1 });
  const wide = g.node("Reshape", [heard, g.integers(1, TOKENS, 1)]);
  g.output(g.node("Mul", [rows, wide]), "hidden_states", [1, TOKENS, HIDDEN]);
  return g.build();
}

/** A velocity that leads to bounded latents, and depends on every input. */
function denoiser(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input("x", [1, CHANNELS, FREE]);
  const t = g.input("t", [1]);
  const hidden = g.input("t5_hidden", [1, TOKENS, HIDDEN]);
  const mask = g.input("t5_mask", [1, TOKENS]);
  const seconds = g.input("seconds_total", [1]);
  const cond = g.input("local_add_cond", [1, CHANNELS + 1, FREE]);

  const conv = (value: string, array: number, inner: number, outer: number) =>
    g.node("Conv", [
      value,
      g.weights(randomWeights(array, inner * 3, outer, 1.5), [outer, inner, 3]),
    ], { kernel_shape: [3], pads: [1, 1] });
  const summary = g.node("MatMul", [
    g.node("Reshape", [mask, g.integers(1, 1, TOKENS)]),
    hidden,
  ]);
  const text = g.node("MatMul", [
    summary,
    g.weights(randomWeights(211, HIDDEN, WIDTH, 1), [HIDDEN, WIDTH]),
  ]);
  const scalars = g.node("Reshape", [
    g.node("Add", [
      t,
      g.node("Mul", [seconds, g.weights(Float32Array.of(0.01), [1])]),
    ]),
    g.integers(1, 1, 1),
  ]);
  const global = g.node("Add", [
    g.node("Reshape", [text, g.integers(1, WIDTH, 1)]),
    scalars,
  ]);
  const inner = g.node("Tanh", [
    g.node("Add", [
      g.node("Add", [
        conv(x, 212, CHANNELS, WIDTH),
        conv(cond, 213, CHANNELS + 1, WIDTH),
      ]),
      global,
    ]),
  ]);
  const clean = g.node("Tanh", [conv(inner, 214, WIDTH, CHANNELS)]);
  // As if x were all noise: what is denoised is x - t (x - clean).
  g.output(g.node("Sub", [x, clean]), "velocity", [1, CHANNELS, FREE]);
  return g.build();
}

/** Samples of a frame hear the frames beside it. */
function decoder(): Uint8Array {
  const g = new GraphBuilder();
  const latent = g.input("latent", [1, CHANNELS, FREE]);
  const mixed = g.node("Conv", [
    latent,
    g.weights(
      randomWeights(221, CHANNELS * 3, WIDTH, 1),
      [WIDTH, CHANNELS, 3],
    ),
  ], { kernel_shape: [3], pads: [1, 1] });
  const rows = g.node("Transpose", [g.node("Tanh", [mixed])], {
    perm: [0, 2, 1],
  });
  const basis = Float32Array.from(
    { length: WIDTH * 2 * NATIVE_HOP },
    (_, i) => {
      const at = i % NATIVE_HOP;
      const tone = 1 + Math.floor(i / NATIVE_HOP);
      // Whole periods in a frame, so that nothing but the latents makes steps.
      return Math.sin(2 * Math.PI * tone * at / NATIVE_HOP) / WIDTH;
    },
  );
  const samples = g.node("MatMul", [
    rows,
    g.weights(basis, [WIDTH, 2 * NATIVE_HOP]),
  ]);
  const apart = g.node("Reshape", [samples, g.integers(1, -1, 2, NATIVE_HOP)]);
  const audio = g.node("Reshape", [
    g.node("Transpose", [apart], { perm: [0, 2, 1, 3] }),
    g.integers(1, 2, -1),
  ]);
  g.output(audio, "audio", [1, 2, "samples"]);
  return g.build();
}

/** Writes the graphs into a folder, laid out as the download is. */
export async function writeStandIns(folder: string): Promise<void> {
  const tokenizer = new TextEncoder().encode(JSON.stringify(tokenizerJson()));
  const files: [string, Uint8Array][] = [
    ["t5gemma/tokenizer.json", tokenizer],
    [GRAPHS.prompt.files[0]!, prompt()],
    [GRAPHS.denoiser.files[0]!, denoiser()],
    [GRAPHS.decoder.files[0]!, decoder()],
  ];
  for (const [name, bytes] of files) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}
