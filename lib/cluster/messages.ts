/**
 * Subjects and heads of the messages between gateways and workers.
 *
 * @module
 */
import type { BlockInput } from "../inference/engine.ts";
import type { Demand } from "../inference/demand.ts";
import type { Provider } from "../inference/engine.ts";
import type { Manifest } from "../inference/manifest.ts";

/** Where workers tell that they are there. */
export const WORKERS = "prestissimo.workers";

/** Where one worker takes requests. */
export function subjectOf(worker: string): string {
  return `prestissimo.worker.${worker}`;
}

/** How often a worker tells that it is there, in ms. */
export const BEAT_MS = 250;

/** A model that a worker has. */
export interface Offer {
  manifest: Manifest;
  sha256: string;
  /** What a stream in the package's own steps asks of this worker, 1 = all of it. */
  demand: Demand;
}

/** What a worker says of itself. */
export interface Beat {
  worker: string;
  provider: Provider;
  models: Offer[];
  /** Units that wait there. */
  queued: number;
  /** True once it is stopping: it finishes what it has and gets no more. */
  leaving: boolean;
}

/** Fields of every request. */
interface Ask {
  /** Id of the model. */
  model: string;
  sha256: string;
  /** From now until the work has to be done, in ms; negative if it is late. */
  spareMs: number;
  interactive: boolean;
  /** W3C trace context. */
  trace?: Record<string, string>;
}

type Rest<T, Arrays extends keyof T> = Omit<T, Arrays>;

/** What a worker can be asked for, without its arrays. */
export type Request =
  & Ask
  & (
    | { kind: "prompt"; text: string }
    | {
      kind: "block";
      block: Rest<BlockInput, "context" | "after" | "controls" | "prompt">;
    }
    | {
      kind: "decode";
      contextFrames: number;
      newFrames: number;
      index: number;
    }
    | { kind: "analyse" }
  );

/** Head of an answer; its arrays are the result. */
export type Answer =
  | {
    ok: true;
    /** Time that the worker was at it, in ms. */
    ms: number;
    /** Of a prompt. */
    bpm?: number | null;
    understood?: boolean;
  }
  | {
    ok: false;
    /** Name of what was thrown. */
    name: string;
    message: string;
  };
