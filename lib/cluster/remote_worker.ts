/**
 * One worker as a gateway sees it.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { WorkerLostError } from "../inference/worker_lost.ts";
import { type Answer, type Beat, type Request, subjectOf } from "./messages.ts";
import { pack, type Parcel, unpack } from "./wire.ts";

/** A worker from which nothing is heard for so long is gone, in ms. */
export const SILENCE_MS = 1500;

/** A unit that takes so many times what it usually does is asked of another worker. */
const SLOW_FACTOR = 8;
const LEAST_SLOW_MS = 2000;
const MOST_SLOW_MS = 60_000;

type Result = Parcel<Extract<Answer, { ok: true }>>;

/** Asks a worker for work, one unit at a time. */
export class RemoteWorker {
  readonly id: string;
  /** What it last said of itself. */
  beat: Beat;
  /** When that was (performance.now clock). */
  heardMs: number = performance.now();
  readonly #nats: NatsConnection;
  readonly #waiting = new Set<(reason: Error) => void>();

  constructor(beat: Beat, nats: NatsConnection) {
    this.id = beat.worker;
    this.beat = beat;
    this.#nats = nats;
  }

  /**
   * Asks for one unit.
   *
   * @param usualMs What such a unit usually takes, or null if that is not known.
   * @throws {WorkerLostError} If the worker is gone or too slow: ask another.
   * @throws {Error} What the worker threw, of its name.
   */
  async ask(
    request: Request,
    arrays: readonly Float32Array[],
    usualMs: number | null,
  ): Promise<Result> {
    const timeout = usualMs === null
      ? MOST_SLOW_MS
      : Math.min(MOST_SLOW_MS, Math.max(LEAST_SLOW_MS, SLOW_FACTOR * usualMs));
    const bytes = pack(request, arrays);
    const lost = Promise.withResolvers<never>();
    this.#waiting.add(lost.reject);
    try {
      const answering = this.#nats.request(subjectOf(this.id), bytes, {
        timeout,
      });
      // Whoever is gone may still have been asked: that answer nobody waits for.
      answering.catch(() => {});
      const message = await Promise.race([
        answering.catch((error) => {
          throw new WorkerLostError(`Worker ${this.id}: ${error.message}`);
        }),
        lost.promise,
      ]);
      const parcel = unpack<Answer>(message.data);
      if (parcel.head.ok) return parcel as Result;
      throw rebuilt(parcel.head);
    } finally {
      this.#waiting.delete(lost.reject);
    }
  }

  /** Gives up all that is asked of it. */
  lose(reason: string): void {
    const error = new WorkerLostError(`Worker ${this.id} is lost: ${reason}`);
    for (const reject of this.#waiting) reject(error);
  }
}

/** Refusals of the model stay what they are; everything else is a fault. */
function rebuilt({ name, message }: Extract<Answer, { ok: false }>): Error {
  switch (name) {
    case "RangeError":
      return new RangeError(message);
    case "TypeError":
      return new TypeError(message);
    default:
      return new Error(message);
  }
}
