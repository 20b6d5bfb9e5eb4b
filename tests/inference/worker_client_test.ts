import { assertEquals, assertRejects } from "@std/assert";
import { WorkerClient } from "../../lib/inference/worker_client.ts";
import { loadPackage } from "../../lib/inference/package.ts";
import { TINY } from "./tiny.ts";

const REAL = new URL("../../lib/inference/worker.ts", import.meta.url);
const FAILING = new URL("./failing_worker.ts", import.meta.url);

Deno.test("WorkerClient outlives a worker that dies, and says so", async () => {
  const worker = new WorkerClient(FAILING, () => {});
  const options = { provider: "cpu", threads: 1 } as const;
  assertEquals(await worker.open({ ...options, models: [] }), "cpu");
  const work = { type: "encode", model: "x" } as const;
  const units = [1, 2].map(() =>
    assertRejects(
      () => worker.run({ ...work, ids: [1] }),
      Error,
      "The worker has stopped: Uncaught Error: out of order",
    )
  );
  await Promise.all(units);
  await assertRejects(
    () => worker.run({ ...work, ids: [1] }),
    Error,
    "The worker has stopped",
  );
  await worker.close();
});

Deno.test("WorkerClient refuses a model whose graphs lack what the manifest names", async () => {
  const { manifest, graphs } = await loadPackage(TINY);
  const worker = new WorkerClient(REAL, () => {});
  const wrong = structuredClone(manifest);
  wrong.denoiser.graph.inputs.x = "noisy";
  await assertRejects(
    () =>
      worker.open({
        models: [{ manifest: wrong, graphs }],
        provider: "cpu",
        threads: 1,
      }),
    Error,
    `Cannot run on cpu: ${graphs.denoiser} has no input "noisy", it has x, c_noise, prompt, controls, context`,
  );
  await worker.close();
});

Deno.test("WorkerClient refuses a file that is no graph", async () => {
  const { manifest, graphs } = await loadPackage(TINY);
  const worker = new WorkerClient(REAL, () => {});
  const decoder = await Deno.realPath(`${TINY}/tokenizer.json`);
  await assertRejects(
    () =>
      worker.open({
        models: [{ manifest, graphs: { ...graphs, decoder } }],
        provider: "cpu",
        threads: 1,
      }),
    Error,
    "tokenizer.json",
  );
  await worker.close();
});

Deno.test("WorkerClient rejects a unit for a model that is not there", async () => {
  const worker = new WorkerClient(REAL, () => {});
  await worker.open({ models: [], provider: "cpu", threads: 1 });
  await assertRejects(
    () => worker.run({ type: "encode", model: "x", ids: [1] }),
    Error,
    'Model "x" is not loaded',
  );
  await worker.close();
  await worker.close();
});
