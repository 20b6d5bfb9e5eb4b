/**
 * A model that runs on other machines.
 *
 * @module
 */
import type {
  BlockInput,
  DecoderInput,
  DecoderOutput,
  EncoderInput,
  Model,
  PromptEncoding,
  WorkOptions,
} from "../inference/engine.ts";
import type { Demand } from "../inference/demand.ts";
import type { Pressure } from "../inference/load.ts";
import type { Manifest } from "../inference/manifest.ts";
import type { Job, Scheduler } from "../inference/scheduler.ts";
import { WorkerLostError } from "../inference/worker_lost.ts";
import { carrier } from "../tracing.ts";
import type { Request } from "./messages.ts";
import type { RemoteWorker } from "./remote_worker.ts";
import type { Parcel } from "./wire.ts";

/** What a remote model needs of the gateway. */
export interface Gateway {
  readonly scheduler: Scheduler<RemoteWorker>;
  readonly pressure: Pressure;
  /** A worker did not do what it was asked for; it gets nothing until it is heard again. */
  lost(worker: RemoteWorker, reason: string): void;
  /** What a stream in the package's own steps asks of all workers together. */
  demand(sha256: string): Demand;
}

type Result = Extract<
  import("./messages.ts").Answer,
  { ok: true }
>;

/** Sends every unit of its work to a worker. */
export class RemoteModel implements Model {
  readonly manifest: Manifest;
  readonly sha256: string;
  readonly encodeAudio?: NonNullable<Model["encodeAudio"]>;
  readonly #gateway: Gateway;

  constructor(
    { manifest, sha256 }: Pick<Model, "manifest" | "sha256">,
    gateway: Gateway,
  ) {
    this.manifest = manifest;
    this.sha256 = sha256;
    this.#gateway = gateway;
    if (manifest.encoder) {
      this.encodeAudio = ({ left, right }: EncoderInput, options) =>
        this.#ask({ kind: "analyse" }, [left, right], options)
          .then(({ arrays }) => arrays[0]!);
    }
  }

  get pressure(): Pressure {
    return this.#gateway.pressure;
  }

  /** @see {@linkcode Model.demand} */
  demand(steps: number): Demand {
    const { networks, synthesis } = this.#gateway.demand(this.sha256);
    // Steps are not all of it: the decoder's part makes this a little too much or too little.
    const ratio = steps / this.manifest.sampler.steps;
    return { networks: networks * ratio, synthesis };
  }

  async encodePrompt(
    text: string,
    options: WorkOptions,
  ): Promise<PromptEncoding> {
    const { head: { bpm = null, understood = true }, arrays: [tokens] } =
      await this.#ask({ kind: "prompt", text }, [], options);
    return { tokens: tokens!, bpm, understood };
  }

  /** Workers make whole blocks: a call alone would be mostly waiting. */
  denoise(): Promise<Float32Array> {
    return Promise.reject(
      new TypeError("A remote model makes blocks, not single calls"),
    );
  }

  /** @see {@linkcode Model.makeBlock} */
  async makeBlock(
    { context, after, controls, prompt, ...block }: BlockInput,
    options: WorkOptions,
  ): Promise<Float32Array> {
    const sent = [context, after, controls, prompt];
    const { arrays } = await this.#ask({ kind: "block", block }, sent, {
      ...options,
      // A window to be heard follows, which costs less than a block.
      restUnits: 1,
    });
    return arrays[0]!;
  }

  async decode(
    { latents, state, ...rest }: DecoderInput,
    options: WorkOptions,
  ): Promise<DecoderOutput> {
    const sent = [latents, await state ?? new Float32Array()];
    const { arrays: [left, right, next] } = await this.#ask(
      { kind: "decode", ...rest },
      sent,
      options,
    );
    return { left: left!, right: right!, state: next! };
  }

  #ask(
    work: Work,
    arrays: readonly Float32Array[],
    options: WorkOptions,
  ): Promise<Parcel<Result>> {
    const key = `${this.manifest.id} ${keyOf(work)}`;
    const { scheduler } = this.#gateway;
    const job: Job<RemoteWorker, null, Parcel<Result>> = {
      key,
      mostRows: 1,
      repeatable: true,
      rows: () => 1,
      execute: async (worker) => {
        const { deadlineMs, interactive = false, trace } = options;
        const request: Request = {
          ...work,
          model: this.manifest.id,
          sha256: this.sha256,
          spareMs: deadlineMs - performance.now(),
          interactive,
          ...(trace && { trace: carrier(trace) }),
        };
        const usualMs = scheduler.costs.known(key, 1)
          ? scheduler.costs.estimate(key, 1)
          : null;
        try {
          const answer = await worker.ask(request, arrays, usualMs);
          return { outputs: [answer], ms: answer.head.ms };
        } catch (error) {
          // Asked again at once, it would fail as fast again.
          if (error instanceof WorkerLostError) {
            this.#gateway.lost(worker, error.message);
          }
          throw error;
        }
      },
    };
    return scheduler.run(job, null, options);
  }
}

type Distribute<T> = T extends unknown
  ? Omit<T, "model" | "sha256" | "spareMs" | "interactive" | "trace">
  : never;
type Work = Distribute<Request>;

/** Names work that costs the same. */
function keyOf(work: Work): string {
  switch (work.kind) {
    case "block": {
      const { contextFrames, frames, afterFrames, steps, mostBlocks } =
        work.block;
      const total = contextFrames + frames + afterFrames;
      return `block ${total} ${steps} ${mostBlocks ?? "all"}`;
    }
    case "decode":
      return `decode ${work.contextFrames + work.newFrames}`;
    default:
      return work.kind;
  }
}
