/**
 * A worker: an engine that takes its work from NATS. Every unit is a pure
 * function of its message, so that any worker may be asked for it, twice if need
 * be.
 *
 * @module
 */
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Engine, Model, WorkOptions } from "../inference/engine.ts";
import type { Log } from "../log.ts";
import { makeBlock } from "../stream/block.ts";
import { within } from "../tracing.ts";
import {
  type Answer,
  type Beat,
  BEAT_MS,
  type Request,
  subjectOf,
  WORKERS,
} from "./messages.ts";
import { pack, unpack } from "./wire.ts";

/** Longest wait for what is being made when a worker leaves, in ms. */
const LEAVE_MS = 10_000;

/** A worker that serves. */
export interface ServingWorker {
  readonly id: string;
  /** Takes no more, finishes what it has, then disconnects. */
  leave(): Promise<void>;
}

/** Serves an engine's models to whoever asks over `nats`. */
export function serveEngine(
  engine: Engine,
  { nats, log }: { nats: NatsConnection; log: Log },
): ServingWorker {
  const id = crypto.randomUUID();
  const running = new Set<Promise<void>>();
  let leaving = false;

  function beat(): void {
    const message: Beat = {
      worker: id,
      provider: engine.provider,
      models: [...engine.models.values()].map((model) => ({
        manifest: model.manifest,
        sha256: model.sha256,
        demand: model.demand?.(model.manifest.sampler.steps) ??
          { networks: 0, synthesis: 0 },
      })),
      queued: engine.queued,
      leaving,
    };
    nats.publish(WORKERS, JSON.stringify(message));
  }

  const work = nats.subscribe(subjectOf(id), {
    callback(error, message) {
      if (error) return log.error("nats", { error: error.message });
      const done = answer(engine, message)
        .catch((thrown) => log.error("answer", { error: String(thrown) }))
        .finally(() => running.delete(done));
      running.add(done);
    },
  });
  beat();
  const timer = setInterval(beat, BEAT_MS);
  return {
    id,
    async leave() {
      leaving = true;
      beat();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const limit = setTimeout(resolve, LEAVE_MS);
      await Promise.race([Promise.all(running), late]);
      clearTimeout(limit);
      clearInterval(timer);
      work.unsubscribe();
      await nats.drain();
    },
  };
}

async function answer(engine: Engine, message: Msg): Promise<void> {
  let reply: Uint8Array;
  try {
    const { head, arrays } = unpack<Request>(message.data);
    const model = engine.models.get(head.model);
    if (model?.sha256 !== head.sha256) {
      throw new Error(
        `This worker has no model "${head.model}" of that sha256`,
      );
    }
    reply = await within(
      `worker ${head.kind}`,
      head.trace,
      () => carryOut(model!, head, arrays),
    );
  } catch (thrown) {
    const { name, message: text } = thrown as Error;
    reply = packAnswer({ ok: false, name, message: text });
  }
  message.respond(reply);
}

async function carryOut(
  model: Model,
  request: Request,
  arrays: Float32Array<ArrayBuffer>[],
): Promise<Uint8Array> {
  let ms = 0;
  const options: WorkOptions = {
    deadlineMs: performance.now() + request.spareMs,
    interactive: request.interactive,
    onTiming: ({ runMs }) => ms += runMs,
  };
  switch (request.kind) {
    case "prompt": {
      const { tokens, ...rest } = await model.encodePrompt(
        request.text,
        options,
      );
      return packAnswer({ ok: true, ms, ...rest }, [tokens]);
    }
    case "block": {
      const [context, after, controls, prompt] = arrays as [
        ...[Float32Array, Float32Array, Float32Array, Float32Array],
      ];
      const block = await makeBlock(
        model,
        { ...request.block, context, after, controls, prompt },
        { ...options, signal: new AbortController().signal },
      );
      return packAnswer({ ok: true, ms }, [block]);
    }
    case "decode": {
      const [latents, state] = arrays;
      const { contextFrames, newFrames, index } = request;
      const { left, right, state: next } = await model.decode({
        ...{ contextFrames, newFrames, index, latents: latents! },
        state: state!.length > 0 ? state! : null,
      }, options);
      return packAnswer({ ok: true, ms }, [left, right, next]);
    }
    case "analyse": {
      const [left, right] = arrays;
      if (!model.encodeAudio) throw new TypeError("The model has no encoder");
      const audio = { left: left!, right: right! };
      const latents = await model.encodeAudio(audio, options);
      return packAnswer({ ok: true, ms }, [latents]);
    }
  }
}

function packAnswer(
  head: Answer,
  arrays: readonly Float32Array[] = [],
): Uint8Array {
  return pack(head, arrays);
}
