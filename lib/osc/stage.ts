/**
 * The one stream that OSC plays: everybody who sends bends the same music, as
 * on a stage. To the server it is a connection like any other.
 *
 * @module
 */
import {
  decodeAudioHeader,
  LIMITS,
  parseClientMessage,
  type Quantum,
  type ServerMessage,
} from "../protocol/mod.ts";
import type { Service } from "../session/service.ts";
import { Session } from "../session/session.ts";
import { BeatCaller } from "./beat_caller.ts";
import type { Command } from "./commands.ts";

/** What the stage is doing. */
export interface StageState {
  status: "stopped" | "starting" | "playing";
  /** Under which the stream is heard, "" while there is none. */
  publicId: string;
  /** Beats a minute, 0 while nothing plays. */
  bpm: number;
  /** Beats a bar. */
  meter: number;
}

/** What the stage tells; `to` names who asked, or null for all. */
export interface StageEvents {
  state(state: StageState, to: string | null): void;
  beat(beat: number, state: StageState): void;
  error(text: string, to: string | null): void;
  warning(text: string, to: string | null): void;
}

/** Name of the stream on its connection. */
const STREAM = "osc";
/** How long a change of the prompts takes. */
const MORPH = { beats: 4 };
/** Least time between two changes of a kind: faders send hundreds a second, in ms. */
const CHANGE_MS = 50;

/** Texts by place; a place may be empty. */
type Mix = ({ text: string; weight: number } | undefined)[];

/** What a change may hold, as the protocol has it. */
type Patch = Record<string, unknown>;

/** Plays at most one stream. */
export class Stage {
  readonly #events: StageEvents;
  readonly #session: Session;
  #state: StageState = stopped();
  #beats = new BeatCaller();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Texts of the mix with their weights, by place. */
  #mix: Mix = [];
  /** Controls that were set, also those of a stream to come. */
  #controls: Patch = {};
  /** Changes that wait for their turn. */
  readonly #waiting = new Map<Quantum, { patch: Patch; from: string }>();
  #changing = false;

  constructor(service: Service, events: StageEvents) {
    this.#events = events;
    this.#session = new Session({
      readyState: WebSocket.OPEN,
      bufferedAmount: 0,
      send: (data) =>
        typeof data === "string"
          ? this.#hear(JSON.parse(data) as ServerMessage)
          : this.#frame(data),
      close: () => this.#end(),
    }, service);
  }

  /** Carries out a command; what comes of it is told by the events. */
  async do(command: Command, from: string): Promise<void> {
    switch (command.kind) {
      case "state":
        return this.#tell(from);
      case "stop":
        this.#waiting.clear();
        if (this.#state.status === "stopped") return this.#tell(from);
        return await this.#say({ type: "cancel", stream: STREAM }, from);
      case "play":
        return await this.#play(command.text, from);
      case "prompt": {
        const { slot, text, weight } = command;
        const before = this.#mix[slot]?.weight ?? 1;
        const mix = [...this.#mix];
        mix[slot] = { text, weight: weight ?? before };
        return await this.#remix(mix, from);
      }
      case "weight": {
        const { slot, weight } = command;
        const prompt = this.#mix[slot];
        if (prompt === undefined) {
          const text = `Place ${slot} of the mix has no prompt`;
          return this.#events.error(`${text}: send /prompt first`, from);
        }
        const mix = [...this.#mix];
        mix[slot] = { ...prompt, weight };
        return await this.#remix(mix, from);
      }
      case "control": {
        const { name, value, at } = command;
        const patch = { [name]: value };
        if (!this.#check({ ...patch }, from)) return;
        this.#controls = { ...this.#controls, ...patch };
        return await this.#change(patch, at, from);
      }
    }
  }

  /** Ends the stream. */
  close(): void {
    this.#session.closed();
    this.#end();
  }

  async #play(text: string, from: string): Promise<void> {
    const mix = [{ text, weight: 1 }];
    if (this.#state.status !== "stopped") return this.#remix(mix, from);
    const prompts = promptsOf(mix);
    if (!this.#check({ prompts }, from)) return;
    this.#mix = mix;
    this.#state = { ...stopped(), status: "starting" };
    const start = { type: "start", stream: STREAM, prompts };
    await this.#say({ ...start, ...this.#controls }, from);
  }

  async #remix(mix: Mix, from: string): Promise<void> {
    const prompts = promptsOf(mix);
    if (!this.#check({ prompts }, from)) return;
    this.#mix = mix;
    await this.#change({ prompts }, "beat", from);
  }

  /** Changes what plays; of changes in quick succession the newest counts. */
  async #change(patch: Patch, at: Quantum, from: string): Promise<void> {
    if (this.#state.status === "stopped") return this.#tell(from);
    const before = this.#waiting.get(at)?.patch;
    this.#waiting.set(at, { patch: { ...before, ...patch }, from });
    if (this.#changing) return;
    this.#changing = true;
    try {
      while (this.#waiting.size > 0) {
        const [at, next] = [...this.#waiting][0]!;
        this.#waiting.delete(at);
        const ramp = "prompts" in next.patch ? { ramp: MORPH } : {};
        const update = { type: "update", stream: STREAM, at, ...ramp };
        await this.#say({ ...update, ...next.patch }, next.from);
        await new Promise((wake) => setTimeout(wake, CHANGE_MS));
      }
    } finally {
      this.#changing = false;
    }
  }

  /** False, and tells so, if the protocol does not know such values. */
  #check(patch: Patch, from: string): boolean {
    const update = { type: "update", stream: STREAM, ...patch };
    const parsed = parseClientMessage(JSON.stringify(update));
    if (!parsed.ok) this.#events.error(parsed.error.message, from);
    return parsed.ok;
  }

  async #say(message: Patch, from: string): Promise<void> {
    const text = JSON.stringify({ ...message, event_id: from });
    const parsed = parseClientMessage(text);
    if (!parsed.ok) return this.#hear(parsed.error);
    const received = { replyTo: from, receivedMs: performance.now() };
    try {
      await this.#session.handle(parsed.message, received);
    } catch (thrown) {
      this.#session.refuse(thrown, { stream: STREAM, replyTo: from });
      if (this.#state.status === "starting") this.#end();
    }
  }

  #hear(message: ServerMessage): void {
    const to = ("reply_to" in message ? message.reply_to : null) ?? null;
    switch (message.type) {
      case "started": {
        const { public_id: publicId = "", bpm, meter } = message;
        this.#state = { status: "playing", publicId, bpm, meter };
        return this.#tell(null);
      }
      case "scheduled":
        return this.#tell(to);
      case "warning":
        return this.#events.warning(message.message, to);
      case "error":
        this.#events.error(message.message, to);
        if (this.#state.status === "starting") this.#end();
        return;
      case "cancelled":
      case "done":
        this.#end();
        return this.#tell(null);
    }
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): void {
    const header = decodeAudioHeader(bytes);
    if (header === null) return;
    const nowMs = performance.now();
    for (const { beat, heardMs } of this.#beats.packet(header, nowMs)) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#events.beat(beat, this.#current);
      }, Math.max(0, heardMs - nowMs));
      this.#timers.add(timer);
    }
  }

  #end(): void {
    this.#state = stopped();
    this.#beats = new BeatCaller();
    this.#waiting.clear();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  get #current(): StageState {
    return { ...this.#state, bpm: this.#beats.bpm ?? this.#state.bpm };
  }

  #tell(to: string | null): void {
    this.#events.state(this.#current, to);
  }
}

/** What sounds; a place of weight 0 is kept, but silent. */
function promptsOf(mix: Mix): unknown[] {
  return mix.slice(0, LIMITS.prompts).filter((prompt) =>
    prompt !== undefined && prompt.weight !== 0
  );
}

function stopped(): StageState {
  return { status: "stopped", publicId: "", bpm: 0, meter: 4 };
}
