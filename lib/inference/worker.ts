/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The inference worker, which runs all networks. A run blocks its thread from
 * start to end, so it must not be the one that serves.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import type { Provider } from "./engine.ts";
import type { NetworkRequest, OpenRequest, WorkResult } from "./messages.ts";
import { Networks } from "./networks.ts";
import { pickProvider } from "./ort.ts";
import { runWarmUp, timeOf } from "./warm_up.ts";
import { serveWork } from "./worker_loop.ts";

// The runtime throws what it would log; probing must not fill stderr.
ort.env.logLevel = "fatal";

/** Networks by model id. */
let models = new Map<string, Networks>();

serveWork<NetworkRequest>({
  async open(request, log) {
    const { provider, opened } = await pickProvider(
      request.provider,
      {
        open: (provider) => openAll(request, provider),
        time: timeOfAll,
        warmUp: warmUpAll,
        release: releaseAll,
      },
      (provider, reason) => log("provider skipped", { provider, reason }),
    );
    models = opened;
    return provider;
  },
  run,
  /** Native memory outlives the worker unless it is released first. */
  close: () => releaseAll(models),
});

async function openAll(
  request: OpenRequest,
  provider: Provider,
): Promise<Map<string, Networks>> {
  const all = new Map<string, Networks>();
  try {
    for (const model of request.models) {
      const { threads } = request;
      const networks = await Networks.open(ort, model, { provider, threads });
      all.set(model.manifest.id, networks);
    }
    return all;
  } catch (error) {
    await releaseAll(all);
    throw error;
  }
}

async function warmUpAll(
  all: Map<string, Networks>,
  provider: Provider,
): Promise<void> {
  for (const networks of all.values()) await runWarmUp(networks, provider);
}

async function timeOfAll(all: Map<string, Networks>): Promise<number> {
  let ms = 0;
  for (const networks of all.values()) ms += await timeOf(networks);
  return ms;
}

async function run(request: NetworkRequest): Promise<WorkResult> {
  const model = models.get(request.model);
  if (!model) throw new Error(`Model "${request.model}" is not loaded`);
  switch (request.type) {
    case "encode":
      return { outputs: await model.encode(request) };
    case "denoise":
      return { outputs: await model.denoise(request) };
    case "decode":
      return { outputs: [], features: await model.decode(request) };
    case "analyse":
      return { outputs: await model.analyse(request) };
  }
}

async function releaseAll(all: Map<string, Networks>): Promise<void> {
  for (const networks of all.values()) await networks.release();
}
