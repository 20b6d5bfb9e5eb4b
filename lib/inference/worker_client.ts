/**
 * The main thread's side of the inference worker.
 *
 * @module
 */
import type { LogFields } from "../log.ts";
import type { Provider } from "./engine.ts";
import type {
  DecodeRequest,
  DenoiseRequest,
  EncodeRequest,
  OpenRequest,
  WorkerReply,
  WorkerRequest,
  WorkRequest,
} from "./messages.ts";
import { pack } from "./packed.ts";

/** Results of a unit of work. */
export type Outputs = Float32Array<ArrayBuffer>[];

/** A unit of work whose inputs are not packed yet. */
export type Work =
  | EncodeRequest
  | (Omit<DenoiseRequest, "inputs"> & { arrays: Float32Array[] })
  | (Omit<DecodeRequest, "inputs"> & { arrays: Float32Array[] });

/** Where the worker's events go. */
export type OnLog = (message: string, fields: LogFields) => void;

/** Resolvers of an answer that is due. */
interface Due<T> {
  resolve(value: T): void;
  reject(reason: Error): void;
}

/** One long-lived worker: starting and ending many leaks native memory. */
export class WorkerClient {
  #worker: Worker;
  #onLog: OnLog;
  #opening: Due<Provider> | null = null;
  #closing: Due<void> | null = null;
  #work = new Map<number, Due<Outputs>>();
  #nextId = 0;
  /** Goes back and forth with the requests. */
  #buffer: ArrayBuffer | null = null;
  #dead: Error | null = null;

  /** @param url Of the worker's module. */
  constructor(url: URL, onLog: OnLog) {
    this.#onLog = onLog;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onmessageerror = () => this.#die("a reply was unreadable");
    this.#worker.onerror = (event) => {
      // Without this an error in the worker ends the whole process.
      event.preventDefault();
      this.#die(event.message);
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
   * @throws {Error} The runtime's reason, or why the worker is gone.
   */
  async run(work: Work): Promise<Outputs> {
    return await this.#ask<Outputs>((due) => {
      const id = this.#nextId++;
      this.#work.set(id, due);
      this.#post({ type: "work", id, work: this.#packed(work) });
    });
  }

  /** Releases all sessions and ends the worker. */
  async close(): Promise<void> {
    if (this.#dead) return;
    await this.#ask<void>((due) => {
      this.#closing = due;
      this.#post({ type: "close" });
    });
  }

  async #ask<T>(send: (due: Due<T>) => void): Promise<T> {
    if (this.#dead) throw this.#dead;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    send({ resolve, reject });
    return await promise;
  }

  #packed(work: Work): WorkRequest {
    if (work.type === "encode") return work;
    const { arrays, ...request } = work;
    const inputs = pack(arrays, this.#buffer);
    this.#buffer = null;
    return { ...request, inputs };
  }

  #post(request: WorkerRequest): void {
    const buffer = request.type === "work" && request.work.type !== "encode"
      ? [request.work.inputs.buffer]
      : [];
    this.#worker.postMessage(request, buffer);
  }

  #receive(message: WorkerReply): void {
    switch (message.type) {
      case "log":
        return this.#onLog(message.message, message.fields);
      case "opened":
        return this.#opening?.resolve(message.provider);
      case "refused":
        return this.#opening?.reject(new Error(message.message));
      case "done":
        this.#buffer ??= message.buffer;
        return this.#take(message.id)?.resolve(message.outputs);
      case "failed":
        this.#buffer ??= message.buffer;
        return this.#take(message.id)?.reject(new Error(message.message));
      case "closed":
        this.#dead = new Error("The inference worker is closed");
        return this.#closing?.resolve();
    }
  }

  #take(id: number): Due<Outputs> | undefined {
    const due = this.#work.get(id);
    this.#work.delete(id);
    return due;
  }

  #die(reason: string): void {
    this.#dead ??= new Error(`The inference worker has stopped: ${reason}`);
    this.#worker.terminate();
    const all = [this.#opening, this.#closing, ...this.#work.values()];
    this.#work.clear();
    for (const due of all) due?.reject(this.#dead);
  }
}
