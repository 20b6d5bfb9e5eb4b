/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The worker's side of a {@linkcode WorkerClient}: requests in, replies out.
 *
 * @module
 */
import type { LogFields } from "../log.ts";
import type { Provider } from "./engine.ts";
import { giveWay } from "./give_way.ts";
import type {
  OpenRequest,
  WorkerReply,
  WorkerRequest,
  WorkRequest,
  WorkResult,
} from "./messages.ts";
import { oneLine } from "./one_line.ts";

/** What a kind of worker does. */
export interface WorkerParts<R extends WorkRequest> {
  /** Makes models ready; returns where they run. */
  open(
    request: OpenRequest,
    log: (message: string, fields: LogFields) => void,
  ): Promise<Provider>;
  run(work: R): Promise<WorkResult>;
  /** Frees what outlives the worker. */
  close(): Promise<void>;
}

/** Answers requests, one after the other as they come, and gives way to the main thread. */
export function serveWork<R extends WorkRequest>(parts: WorkerParts<R>): void {
  giveWay();
  self.onmessage = async ({ data }: MessageEvent<WorkerRequest<R>>) => {
    switch (data.type) {
      case "open":
        return await open(parts, data);
      case "work":
        return await work(parts, data.id, data.work);
      case "close":
        await parts.close();
        reply({ type: "closed" });
        return self.close();
    }
  };
}

function reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, transfer);
}

async function open<R extends WorkRequest>(
  parts: WorkerParts<R>,
  request: OpenRequest,
): Promise<void> {
  try {
    const provider = await parts.open(
      request,
      (message, fields) => reply({ type: "log", message, fields }),
    );
    reply({ type: "opened", provider });
  } catch (error) {
    reply({ type: "refused", message: oneLine(error) });
  }
}

async function work<R extends WorkRequest>(
  parts: WorkerParts<R>,
  id: number,
  request: R,
): Promise<void> {
  const buffer = request.type === "encode" ? null : request.inputs.buffer;
  const transfer = buffer === null ? [] : [buffer];
  const begin = performance.now();
  try {
    const result = await parts.run(request);
    const ms = performance.now() - begin;
    reply({ type: "done", id, result, ms, buffer }, [
      ...transfer,
      ...result.features ? [result.features] : [],
      ...result.outputs.map((output) => output.buffer),
    ]);
  } catch (error) {
    reply({ type: "failed", id, message: oneLine(error), buffer }, transfer);
  }
}
