import { assertEquals } from "@std/assert";
import { getPriority } from "node:os";
import { WorkerClient } from "../../lib/inference/worker_client.ts";

const NICE = new URL("./nice_worker.ts", import.meta.url);

Deno.test({
  name: "giveWay() makes workers nicer than the thread that serves",
  // Other systems have no priorities of threads.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const before = getPriority(0);
    const told: unknown[] = [];
    const worker = new WorkerClient(NICE, (_, { nice }) => told.push(nice));
    await worker.open({ models: [], provider: "cpu", threads: 1 });
    await worker.close();
    assertEquals(told, [Math.min(19, before + 5)]);
    assertEquals(getPriority(0), before);
  },
});
