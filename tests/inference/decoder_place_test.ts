import { assert, assertEquals } from "@std/assert";
import { createDevice, decoderPlace } from "../../lib/inference/device.ts";
import type { Engine } from "../../lib/inference/mod.ts";
import type { WorkerClient } from "../../lib/inference/worker_client.ts";
import {
  decodeWindows,
  denoiserInput,
  noise,
  NOW,
  openTiny,
  TINY,
  TINY_SPECTRUM,
} from "./tiny.ts";

const WORKER = {} as WorkerClient;
const LENGTHS = [3, 5];

Deno.test("decoderPlace() keeps a decoder graph from a busy network, where it may", async () => {
  const device = createDevice();
  const { networks, synthesis } = device;
  networks.add(WORKER);
  synthesis.add(WORKER);
  assertEquals(decoderPlace(device), networks);
  device.decodersTwice = true;
  assertEquals(decoderPlace(device), networks);

  const { promise, resolve } = Promise.withResolvers<void>();
  const busy = networks.run(
    {
      ...{ key: "any", mostRows: 1, repeatable: true, rows: () => 1 },
      async execute() {
        await promise;
        return { outputs: [null], ms: 0 };
      },
    },
    null,
    NOW,
  );
  assertEquals(decoderPlace(device), synthesis);
  device.decodersTwice = false;
  assertEquals(decoderPlace(device), networks);
  resolve();
  await busy;
});

Deno.test("a window is decoded while the networks hang, to the same bits", async () => {
  const hanging = () => new URL("./mortal_worker.ts?hang=1", import.meta.url);
  const decode = (engine: Engine, id: string) => {
    const model = engine.models.get(id)!;
    const { channels } = model.manifest.latent;
    return decodeWindows(model, noise(7, 8 * channels), LENGTHS);
  };
  const models = [TINY, TINY_SPECTRUM];
  await using idle = await openTiny(models);
  await using stuck = await openTiny(models, "cpu", {
    modules: { networks: hanging },
    hangMs: 2000,
  });
  const model = stuck.models.get("tiny")!;
  let over = false;
  const call = model.denoise(denoiserInput(model, 1, 8), NOW)
    .catch(() => {}).finally(() => over = true);
  for (const id of ["tiny", "tiny_spectrum"]) {
    assertEquals(await decode(stuck, id), await decode(idle, id));
  }
  assert(!over, "the networks were free: the test shows nothing");
  await stuck[Symbol.asyncDispose]();
  await call;
});
