import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Device } from "../../lib/inference/device.ts";
import { Load } from "../../lib/inference/load.ts";
import { LoadedModel } from "../../lib/inference/loaded_model.ts";
import { loadPackage } from "../../lib/inference/package.ts";
import { type Job, Scheduler } from "../../lib/inference/scheduler.ts";
import type { WorkerClient } from "../../lib/inference/worker_client.ts";
import { NOW, TINY } from "./tiny.ts";

/** The tempo that a model reads where its prompt graph writes `log2Bpm`. */
async function tempoOf(log2Bpm: number): Promise<number | null> {
  const source = await loadPackage(TINY);
  const { tokens, dims } = source.manifest.prompt;
  class Networks extends Scheduler<WorkerClient> {
    override run<I, O>(_job: Job<WorkerClient, I, O>): Promise<O> {
      const written = [
        new Float32Array(tokens * dims),
        Float32Array.of(log2Bpm),
      ];
      return Promise.resolve(written as O);
    }
  }
  const device: Device = {
    networks: new Networks(),
    synthesis: new Scheduler(),
    decodersTwice: false,
    load: new Load(),
  };
  const model = new LoadedModel(source, device);
  return (await model.encodePrompt("a cello", NOW)).bpm;
}

Deno.test("a prompt that implies no tempo has none, another's is kept in range", async () => {
  assertEquals(await tempoOf(NaN), null);
  assertAlmostEquals((await tempoOf(Math.log2(93)))!, 93, 1e-3);
  assertEquals(await tempoOf(2), 40);
  assertEquals(await tempoOf(20), 240);
});
