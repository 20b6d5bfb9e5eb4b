/**
 * Tells the server of new settings, no faster than it can follow.
 *
 * @module
 */
import {
  ConnectionClosedError,
  type Controls,
  type ScheduledMessage,
  type Stream,
} from "../lib/client/mod.ts";
import {
  controlsOf,
  landingOf,
  patchOf,
  restartKey,
  type Settings,
} from "./settings.ts";

/** What an updater calls. */
export interface UpdaterOptions {
  /** `sentMs` is when the update was sent, on the `performance.now()` clock. */
  onScheduled: (message: ScheduledMessage, sentMs: number) => void;
  onError: (error: unknown) => void;
}

/** Time between updates, at least, in ms: a slider moves faster than music can. */
const UPDATE_MS = 100;

/** Turns settings into updates of one stream at a time. */
export class Updater {
  readonly #options: UpdaterOptions;
  #stream: Pick<Stream, "update" | "ended"> | null = null;
  #wanted: Settings | null = null;
  /** The controls that the server has been told. */
  #told: Controls = {};
  #toldRestart = "";
  #busy = false;

  constructor(options: UpdaterOptions) {
    this.#options = options;
  }

  /** A stream has been started with these settings. */
  begin(stream: Pick<Stream, "update" | "ended">, settings: Settings): void {
    this.#stream = stream;
    this.#wanted = settings;
    this.#told = controlsOf(settings);
    this.#toldRestart = restartKey(settings);
  }

  /** Whether only a new stream can do what is wanted. */
  needsRestart(settings: Settings): boolean {
    return restartKey(settings) !== this.#toldRestart;
  }

  /** Sends what differs, now or as soon as the update before is answered. */
  want(settings: Settings): void {
    this.#wanted = settings;
    if (!this.#busy) this.#send();
  }

  async #send(): Promise<void> {
    this.#busy = true;
    while (this.#stream && !this.#stream.ended && this.#wanted) {
      const controls = controlsOf(this.#wanted);
      const patch = patchOf(this.#told, controls);
      if (Object.keys(patch).length === 0) break;
      const before = this.#told;
      this.#told = { ...before, ...controls };
      const update = { ...patch, ...landingOf(this.#wanted) };
      const rest = new Promise((done) => setTimeout(done, UPDATE_MS));
      const sentMs = performance.now();
      const stream = this.#stream;
      try {
        const scheduled = await stream.update(update);
        this.#options.onScheduled(scheduled, sentMs);
      } catch (error) {
        // A stream that has been replaced need not answer.
        if (stream === this.#stream) {
          this.#options.onError(error);
          // Whether it was heard nobody knows: it is told once more when the
          // stream goes on.
          if (error instanceof ConnectionClosedError) {
            this.#told = before;
            break;
          }
        }
      }
      await rest;
    }
    this.#busy = false;
  }
}
