/**
 * The main thread's side of one worker.
 *
 * @module
 */
import type { LogFields } from "../log.ts";
import type { Provider } from "./engine.ts";
import type {
  OpenRequest,
  WorkerReply,
  WorkerRequest,
  WorkRequest,
  WorkResult,
} from "./messages.ts";
import { pack } from "./packed.ts";
import { WorkerLostError } from "./worker_lost.ts";

/** A unit of work whose inputs are not packed yet. */
export type Unpacked<R> = R extends { inputs: unknown }
  ? Omit<R, "inputs"> & { arrays: Float32Array[] }
  : R;

/** Result of a unit of work, and how long the worker was at it, in ms. */
export type Finished = WorkResult & { ms: number };

/** Where the worker's events go. */
export type OnLog = (message: string, fields: LogFields) => void;

/** Resolvers of an answer that is due. */
interface Due<T> {
  resolve(value: T): void;
  reject(reason: Error): void;
}

/** A unit that the worker is at. */
interface DueUnit extends Due<Finished> {
  /** Ends the worker if it takes too long. */
  watchdog: ReturnType<typeof setTimeout> | undefined;
}

/** One worker. It is meant to live long: starting and ending many leaks native memory. */
export class WorkerClient {
  /** Resolves with the reason when the worker has died or was given up, never when it was closed. */
  readonly lost: Promise<Error>;
  #worker: Worker;
  #onLog: OnLog;
  #opening: Due<Provider> | null = null;
  #closing: Due<void> | null = null;
  #work = new Map<number, DueUnit>();
  #nextId = 0;
  /** Goes back and forth with the requests. */
  #buffer: ArrayBuffer | null = null;
  #dead: Error | null = null;
  #tellLost: (reason: Error) => void;

  /** @param url Of the worker's module. */
  constructor(url: URL, onLog: OnLog) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.lost = promise;
    this.#tellLost = resolve;
    this.#onLog = onLog;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onmessageerror = () => this.kill("a reply was unreadable");
    this.#worker.onerror = (event) => {
      // Without this an error in the worker ends the whole process.
      event.preventDefault();
      this.kill(event.message);
    };
  }

  /**
   * Opens and warms up models.
   *
   * @returns The provider that they run on.
   * @throws {Error} The reason why they do not.
   */
  async open(request: Omit<OpenRequest, "type">): Promise<Provider> {
    return await this.#ask<Provider>((due) => {
      this.#opening = due;
      this.#post({ type: "open", ...request });
    });
  }

  /**
   * Runs one unit; the caller sees to it that there is one at a time.
   *
   * @param limitMs A worker that takes longer hangs: it is ended.
   * @throws {WorkerLostError} If the worker is gone before it is done.
   * @throws {Error} The runtime's reason.
   */
  async run<R extends WorkRequest>(
    work: Unpacked<R>,
    limitMs = Infinity,
  ): Promise<Finished> {
    return await this.#ask<Finished>((due) => {
      const id = this.#nextId++;
      const hung = () =>
        this.kill(`a unit of work took over ${Math.round(limitMs)} ms`);
      const watchdog = limitMs === Infinity
        ? undefined
        : setTimeout(hung, limitMs);
      this.#work.set(id, { ...due, watchdog });
      this.#post({ type: "work", id, work: this.#packed(work) });
    });
  }

  /** Releases all that the worker holds and ends it. */
  async close(): Promise<void> {
    if (this.#dead) return;
    await this.#ask<void>((due) => {
      this.#closing = due;
      this.#post({ type: "close" });
    });
  }

  /** Ends the worker at once; what it was at is rejected. */
  kill(reason: string): void {
    if (this.#dead) return;
    const dead = new WorkerLostError(`The worker has stopped: ${reason}`);
    this.#dead = dead;
    this.#worker.terminate();
    const all = [this.#opening, this.#closing, ...this.#work.values()];
    for (const { watchdog } of this.#work.values()) clearTimeout(watchdog);
    this.#work.clear();
    for (const due of all) due?.reject(dead);
    this.#tellLost(dead);
  }

  async #ask<T>(send: (due: Due<T>) => void): Promise<T> {
    if (this.#dead) throw this.#dead;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    send({ resolve, reject });
    return await promise;
  }

  #packed(work: Unpacked<WorkRequest>): WorkRequest {
    if (!("arrays" in work)) return work;
    const { arrays, ...request } = work;
    const inputs = pack(arrays, this.#buffer);
    this.#buffer = null;
    return { ...request, inputs } as WorkRequest;
  }

  #post(request: WorkerRequest): void {
    const transfer: ArrayBuffer[] = [];
    if (request.type === "work") {
      const { work } = request;
      if ("inputs" in work) transfer.push(work.inputs.buffer);
      if ("features" in work && work.features) transfer.push(work.features);
    }
    this.#worker.postMessage(request, transfer);
  }

  #receive(message: WorkerReply): void {
    switch (message.type) {
      case "log":
        return this.#onLog(message.message, message.fields);
      case "opened":
        return this.#opening?.resolve(message.provider);
      case "refused":
        return this.#opening?.reject(new Error(message.message));
      case "done": {
        this.#buffer ??= message.buffer;
        const { result, ms } = message;
        return this.#take(message.id)?.resolve({ ...result, ms });
      }
      case "failed":
        this.#buffer ??= message.buffer;
        return this.#take(message.id)?.reject(new Error(message.message));
      case "closed":
        this.#dead = new Error("The worker is closed");
        return this.#closing?.resolve();
    }
  }

  #take(id: number): DueUnit | undefined {
    const due = this.#work.get(id);
    this.#work.delete(id);
    clearTimeout(due?.watchdog);
    return due;
  }
}
