/**
 * Keeps the connection, the stream and the settings together.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import {
  type Client,
  connect,
  type FirstAudioMessage,
  type HelloMessage,
  type ScheduledMessage,
  ServerError,
  type StartedMessage,
  type Stream,
} from "../lib/client/mod.ts";
import type { Player } from "../lib/client/player/mod.ts";
import { type Settings, startOf } from "./settings.ts";
import { Updater } from "./updater.ts";

/** What the session is doing. */
export type State =
  | "connecting"
  | "refused"
  | "ready"
  | "starting"
  | "playing"
  | "paused";

/** What the session tells the page. */
export interface SessionEvents {
  state(state: State): void;
  hello(message: HelloMessage): void;
  started(message: StartedMessage): void;
  firstAudio(message: FirstAudioMessage): void;
  /** `sentMs` is when the update was sent, on the `performance.now()` clock. */
  scheduled(message: ScheduledMessage, sentMs: number): void;
  /** The server does not let us in. */
  refused(reason: string): void;
  /** Something to tell; `param` is the control that it is about. */
  notice(text: string, param?: string): void;
}

/** Options of {@linkcode Session}. */
export interface SessionOptions {
  player: Player;
  codec: "opus" | "pcm_s16le";
  /** API key, if there is one. */
  key: string | null;
  settings: Settings;
  events: SessionEvents;
}

/** Time between attempts to connect the first time, at most, in ms. */
const RETRY_MS = 8000;

/** One listener at one server. */
export class Session {
  readonly #options: SessionOptions;
  readonly #updater: Updater;
  #settings: Settings;
  #state: State = "connecting";
  #client: Client | null = null;
  #stream: Stream | null = null;
  #losses = 0;
  /** Whether the stream was paused when the connection was lost. */
  #held = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#updater = new Updater({
      onScheduled: options.events.scheduled,
      onError: (error) => this.#tell(error),
    });
    this.#connect();
  }

  get state(): State {
    return this.#state;
  }

  /** Plays, pauses, or goes on. */
  async toggle(): Promise<void> {
    const { player } = this.#options;
    // A browser may have silenced the page meanwhile.
    player.unlock();
    switch (this.#state) {
      case "ready":
        return this.#start();
      case "playing":
        this.#set("paused");
        player.hold(true);
        return await this.#try(this.#stream?.pause());
      case "paused":
        if (this.#updater.needsRestart(this.#settings)) return this.#start();
        this.#set("playing");
        player.hold(false);
        this.#updater.want(this.#settings);
        return await this.#try(this.#stream?.resume());
      default:
        return;
    }
  }

  /** Takes new settings; the server hears of them as soon as it can use them. */
  apply(settings: Settings): void {
    this.#settings = settings;
    const playing = this.#state === "playing";
    if (playing && this.#updater.needsRestart(settings)) this.#start();
    else if (playing || this.#state === "paused") this.#updater.want(settings);
  }

  /** Lets the music begin anew from the same settings, as it plays. */
  async reset(): Promise<void> {
    await this.#try(this.#stream?.reset());
  }

  async #connect(): Promise<void> {
    const { key, events } = this.#options;
    const client = await this.#open(key);
    if (!client) return this.#set("refused");
    this.#client = client;
    client.on("warning", ({ message }) => events.notice(message));
    client.on("draining", () => events.notice("The server is stopping"));
    client.on("disconnected", () => this.#lose());
    client.on("hello", () => this.#greet(client));
    this.#greet(client);
    // Only a server that refuses us ends it.
    const { reason } = await client.closed;
    this.#client = null;
    if (this.#state === "refused") return;
    this.#set("connecting");
    events.notice(`The server closed the connection: ${reason}`);
  }

  /**
   * The first connection; the client itself gets a lost one back.
   *
   * @returns Null if the server does not want us.
   */
  async #open(key: string | null): Promise<Client | null> {
    for (let wait = 500;; wait = Math.min(2 * wait, RETRY_MS)) {
      try {
        return await connect(location.origin, {
          ...(key && { key }),
          reconnectMs: Infinity,
        });
      } catch {
        if (await this.#refused()) return null;
        await delay(wait);
      }
    }
  }

  /** Asks why no connection is to be had, and tells. A socket does not say. */
  async #refused(): Promise<boolean> {
    const { key, events } = this.#options;
    try {
      const response = await fetch("/v1/stream", {
        headers: key ? { authorization: `Bearer ${key}` } : {},
      });
      const { status } = response;
      if (![401, 403, 429].includes(status)) return false;
      const { detail } = await response.json();
      // Whoever goes on with a wrong key shuts the door on the right one.
      if (status !== 429) events.refused(detail);
      else events.notice(detail);
      return status !== 429;
    } catch {
      return false;
    }
  }

  #greet(client: Client): void {
    this.#options.events.hello(client.hello);
    // The stream goes on by itself.
    this.#set(this.#stream ? this.#held ? "paused" : "starting" : "ready");
  }

  /** What is buffered plays on while the server is sought. */
  #lose(): void {
    this.#held = this.#state === "paused";
    this.#set("connecting");
    this.#seek(++this.#losses);
  }

  /** The client seeks its server by itself; a key may have become worthless meanwhile. */
  async #seek(loss: number): Promise<void> {
    const sought = () => this.#state === "connecting" && loss === this.#losses;
    while (sought()) {
      if (await this.#refused() && sought()) {
        this.#set("refused");
        this.#client?.close();
      }
      await delay(RETRY_MS);
    }
  }

  #start(): void {
    const { player, codec, events } = this.#options;
    const start = startOf(this.#settings);
    if (!this.#client || !start) {
      return events.notice("Write a prompt and give it some weight", "prompts");
    }
    const format = codec === "opus" ? { codec, bitrate: 160_000 } : { codec };
    // Before the next one starts: there may be room for no more than one.
    if (!this.#stream?.ended) this.#stream?.cancel().catch(() => {});
    const stream = this.#client.play({ ...start, format });
    this.#stream = stream;
    this.#held = false;
    this.#updater.begin(stream, this.#settings);
    this.#set("starting");
    stream.on("first_audio", events.firstAudio);
    stream.on("started", (message) => {
      if (this.#stream !== stream) return;
      events.started(message);
      if (this.#held) {
        // It may have been lost before the server heard of it.
        this.#try(stream.pause());
      } else {
        player.hold(false);
        this.#set("playing");
      }
      this.apply(this.#settings);
    });
    this.#listen(stream);
  }

  /** What the old stream has sent plays on until the new one is heard. */
  async #listen(stream: Stream): Promise<void> {
    try {
      await this.#options.player.play(stream);
    } catch (error) {
      if (this.#stream === stream) this.#tell(error);
    }
    if (this.#stream !== stream) return;
    this.#stream = null;
    if (this.#client) this.#set("ready");
  }

  /** Waits for an answer, and tells why there is none. */
  async #try(answer: Promise<unknown> | undefined): Promise<void> {
    try {
      await answer;
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    // A lost connection shows as the state.
    if (!(error instanceof ServerError)) return;
    this.#options.events.notice(error.message, error.details.param);
  }

  #set(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.events.state(state);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
