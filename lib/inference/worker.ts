/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The inference worker: the only file that imports onnxruntime-node. A run
 * blocks its thread from start to end, so it must not be the one that serves.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import type { Provider } from "./engine.ts";
import type {
  OpenRequest,
  WorkerReply,
  WorkerRequest,
  WorkRequest,
} from "./messages.ts";
import { Networks } from "./networks.ts";
import { oneLine, pickProvider } from "./ort.ts";
import { runWarmUp } from "./warm_up.ts";

// The runtime throws what it would log; probing must not fill stderr.
ort.env.logLevel = "fatal";

/** Networks by model id. */
let models = new Map<string, Networks>();

self.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  switch (data.type) {
    case "open":
      return await open(data);
    case "work":
      return await work(data.id, data.work);
    case "close":
      return await close();
  }
};

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, transfer);
}

async function open(request: OpenRequest): Promise<void> {
  try {
    const { provider, opened } = await pickProvider(
      request.provider,
      (provider) => openAll(request, provider),
      (provider, reason) =>
        reply({
          type: "log",
          message: "provider skipped",
          fields: { provider, reason },
        }),
    );
    models = opened;
    reply({ type: "opened", provider });
  } catch (error) {
    reply({ type: "refused", message: oneLine(error) });
  }
}

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
      await runWarmUp(networks, provider);
    }
    return all;
  } catch (error) {
    await releaseAll(all);
    throw error;
  }
}

async function work(id: number, request: WorkRequest): Promise<void> {
  const buffer = request.type === "encode" ? null : request.inputs.buffer;
  const transfer = buffer === null ? [] : [buffer];
  try {
    const outputs = await run(request);
    reply({ type: "done", id, outputs, buffer }, [
      ...transfer,
      ...outputs.map((output) => output.buffer),
    ]);
  } catch (error) {
    reply({ type: "failed", id, message: oneLine(error), buffer }, transfer);
  }
}

async function run(
  request: WorkRequest,
): Promise<Float32Array<ArrayBuffer>[]> {
  const model = models.get(request.model);
  if (!model) throw new Error(`Model "${request.model}" is not loaded`);
  switch (request.type) {
    case "encode":
      return await model.encode(request);
    case "denoise":
      return await model.denoise(request);
    case "decode":
      return await model.decode(request);
  }
}

/** Native memory outlives the worker unless it is released first. */
async function close(): Promise<void> {
  await releaseAll(models);
  reply({ type: "closed" });
  self.close();
}

async function releaseAll(all: Map<string, Networks>): Promise<void> {
  for (const networks of all.values()) await networks.release();
}
