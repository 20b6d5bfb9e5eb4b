/**
 * Denoiser of the tiny packages: every input matters, frames see their
 * neighbours, and the output is bounded, so that sampling is too.
 *
 * @module
 */
import { GraphBuilder } from "./graph_builder.ts";
import {
  CONTROL_CHANNELS,
  LATENT_CHANNELS,
  PROMPT_DIMS,
  PROMPT_TOKENS,
} from "./shape.ts";
import { randomWeights } from "./weights.ts";

const WIDTH = 32;
const KERNEL = 3;
/** Blocks of the network with layer budgets. */
export const BLOCKS = 4;

/** @param budgets Gives the network blocks, and an input that says how many run. */
export function denoiserGraph(budgets = false): Uint8Array {
  const g = new GraphBuilder();
  const axes = ["batch", "frames"];
  const x = g.input("x", [...axes, LATENT_CHANNELS]);
  const cNoise = g.input("c_noise", ["batch"]);
  const prompt = g.input("prompt", ["batch", PROMPT_TOKENS, PROMPT_DIMS]);
  const controls = g.input("controls", [...axes, CONTROL_CHANNELS]);
  const context = g.input("context", [...axes, LATENT_CHANNELS + 1]);

  function project(value: string, array: number, rows: number, gain: number) {
    const weights = randomWeights(array, rows, WIDTH, gain);
    return g.node("MatMul", [value, g.weights(weights, [rows, WIDTH])]);
  }

  // What holds for all frames of an example: prompt and noise level.
  const promptSize = PROMPT_TOKENS * PROMPT_DIMS;
  const global = g.node("Add", [
    project(
      g.node("Reshape", [prompt, g.integers(-1, promptSize)]),
      11,
      promptSize,
      1.5,
    ),
    project(g.node("Reshape", [cNoise, g.integers(-1, 1)]), 12, 1, 1),
  ]);

  const frameSize = 2 * LATENT_CHANNELS + 1 + CONTROL_CHANNELS;
  const frame = project(
    g.node("Concat", [x, context, controls], { axis: 2 }),
    13,
    frameSize,
    2,
  );
  const hidden = g.node("Tanh", [
    g.node("Add", [
      frame,
      g.node("Reshape", [global, g.integers(-1, 1, WIDTH)]),
    ]),
  ]);

  // Frames hear one neighbour on either side.
  const kernel = randomWeights(14, WIDTH * KERNEL, WIDTH, 1);
  const local = g.node("Conv", [
    g.node("Transpose", [hidden], { perm: [0, 2, 1] }),
    g.weights(kernel, [WIDTH, WIDTH, KERNEL]),
  ], { kernel_shape: [KERNEL], pads: [1, 1] });
  const mixed = g.node("Tanh", [
    g.node("Add", [hidden, g.node("Transpose", [local], { perm: [0, 2, 1] })]),
  ]);

  const body = budgets ? blocks(g, mixed) : mixed;

  const out = randomWeights(15, WIDTH, LATENT_CHANNELS, 2);
  const f = g.node("MatMul", [
    body,
    g.weights(out, [WIDTH, LATENT_CHANNELS]),
  ]);
  g.output(g.node("Tanh", [f]), "f", [...axes, LATENT_CHANNELS]);
  return g.build();
}

/** Block i runs if i < blocks - 1, the last one always. */
function blocks(g: GraphBuilder, hidden: string): string {
  const count = g.input("blocks", [], "int64");
  function block(graph: GraphBuilder, value: string, i: number): string {
    const weights = randomWeights(16 + i, WIDTH, WIDTH, 1.5);
    const inner = graph.node("MatMul", [
      value,
      graph.weights(weights, [WIDTH, WIDTH]),
    ]);
    return graph.node("Add", [value, graph.node("Tanh", [inner])]);
  }
  let value = hidden;
  for (let i = 0; i < BLOCKS - 1; i++) {
    const before = value;
    value = g.node("If", [g.node("Greater", [count, g.integer(i + 1)])], {
      then_branch: g.branch(3, (inner) => block(inner, before, i)),
      else_branch: g.branch(3, (inner) => inner.node("Identity", [before])),
    });
  }
  return block(g, value, BLOCKS - 1);
}
