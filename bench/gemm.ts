/**
 * What the machine could do at best: a large float32 matrix product in the same
 * runtime.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { GraphBuilder } from "../scripts/tiny/graph_builder.ts";

const SIZE = 1024;

/** Rate of a 1024 x 1024 x 1024 product, best of `runs`, in GFLOP/s. */
export async function gemmGflops(runs: number, threads: number) {
  const graph = new GraphBuilder();
  const a = graph.input("a", [SIZE, SIZE]);
  const values = Float32Array.from({ length: SIZE ** 2 }, Math.random);
  const b = graph.weights(values, [SIZE, SIZE]);
  graph.output(graph.node("MatMul", [a, b]), "c", [SIZE, SIZE]);
  const session = await ort.InferenceSession.create(graph.build(), {
    intraOpNumThreads: threads,
    executionProviders: ["cpu"],
  });
  const feeds = { a: new ort.Tensor("float32", values, [SIZE, SIZE]) };
  let best = Infinity;
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - begin);
  }
  await session.release();
  return 2 * SIZE ** 3 / best / 1e6;
}
