/**
 * Prompt network of the tiny packages: a bag of words.
 *
 * @module
 */
import { GraphBuilder } from "./graph_builder.ts";
import { PROMPT_DIMS, PROMPT_TOKENS } from "./shape.ts";
import { randomWeights } from "./weights.ts";

const WIDTH = 16;
/** Tempo is 2^(LOG2_BPM +- LOG2_BPM_RANGE): 91 to 158 beats a minute. */
const LOG2_BPM = Math.log2(120);
const LOG2_BPM_RANGE = 0.4;

/** @param words Size of the vocabulary. */
export function promptGraph(words: number): Uint8Array {
  const g = new GraphBuilder();
  const ids = g.input("ids", [1, "length"], "int64");
  const mask = g.input("mask", [1, "length"], "int64");

  // Mean of the words' vectors, normalised by sqrt(n) so that long texts do
  // not fade.
  const table = g.weights(randomWeights(1, 1, words * WIDTH, 1), [
    words,
    WIDTH,
  ]);
  const known = g.node("Cast", [mask], { to: 1 });
  const vectors = g.node("Mul", [
    g.node("Gather", [table, ids], { axis: 0 }),
    g.node("Reshape", [known, g.integers(1, -1, 1)]),
  ]);
  const sum = g.node("ReduceSum", [vectors, g.integers(1)], { keepdims: 0 });
  const count = g.node("ReduceSum", [known, g.integers(1)], { keepdims: 1 });
  const mean = g.node("Div", [sum, g.node("Sqrt", [count])]);

  const size = PROMPT_TOKENS * PROMPT_DIMS;
  const mixed = g.node("MatMul", [
    mean,
    g.weights(randomWeights(2, WIDTH, size, 1.5), [WIDTH, size]),
  ]);
  const tokens = g.node("Reshape", [
    g.node("Tanh", [mixed]),
    g.integers(1, PROMPT_TOKENS, PROMPT_DIMS),
  ]);
  g.output(tokens, "tokens", [1, PROMPT_TOKENS, PROMPT_DIMS]);

  const tempo = g.node("Tanh", [
    g.node("MatMul", [
      mean,
      g.weights(randomWeights(3, WIDTH, 1, 1), [WIDTH, 1]),
    ]),
  ]);
  const range = g.weights(Float32Array.of(LOG2_BPM_RANGE), [1]);
  const centre = g.weights(Float32Array.of(LOG2_BPM), [1]);
  g.output(
    g.node("Add", [g.node("Mul", [tempo, range]), centre]),
    "tempo",
    [1, 1],
  );
  return g.build();
}
