/**
 * One connection of a client of Lyria RealTime. To the server it is a
 * connection like any other, whose answers are said in other words.
 *
 * @module
 */
import { show } from "../protocol/check.ts";
import {
  type Controls,
  decodeAudioFrame,
  LIMITS,
  parseClientMessage,
  type ServerMessage,
} from "../protocol/mod.ts";
import type { SessionSocket } from "../session/outbox.ts";
import type { Service } from "../session/service.ts";
import { Session } from "../session/session.ts";
import { Chunks, type Source } from "./chunks.ts";
import {
  configControls,
  ignoredFields,
  promptControls,
  sortPrompts,
  type WeightedPrompt,
} from "./controls.ts";
import {
  type GenerationConfig,
  type LyriaMessage,
  readLyria,
} from "./messages.ts";

/** Name of the stream on its connection. */
const STREAM = "lyria";
/** How far ahead of real time audio is sent, in ms: clients expect a head start. */
const LEAD_MS = 1000;
/** Over how long new prompts are morphed. */
const MORPH = { seconds: 1 };
/** Bad messages in a row that close a connection. */
const MOST_BAD_MESSAGES = 20;
/** Longest reason of a close frame, in bytes (RFC 6455 section 5.5). */
const REASON_BYTES = 123;

/** RFC 6455 section 7.4.1, and its registry. */
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

const OPEN = 1;

type PlaybackControl = Extract<
  LyriaMessage,
  { kind: "playbackControl" }
>["value"];

/** Speaks Lyria RealTime on a socket. */
export class Conversation {
  readonly #socket: SessionSocket;
  readonly #service: Service;
  readonly #session: Session;
  readonly #chunks = new Chunks((message) => this.#send(message));
  /** Id of the model, null before the setup. */
  #model: string | null = null;
  #prompts: WeightedPrompt[] = [];
  #config: GenerationConfig = {};
  #state: "stopped" | "playing" | "paused" = "stopped";
  /** True if a PLAY waits for prompts. */
  #wanted = false;
  /** Fields of the configuration that were said to be ignored. */
  readonly #ignored = new Set<string>();
  /** What each change makes of the music, by the change's id. */
  readonly #changes = new Map<string, Source>();
  #lastChange = 0;
  #badMessages = 0;
  #closing = false;

  constructor(socket: SessionSocket, service: Service) {
    this.#socket = socket;
    this.#service = service;
    this.#session = new Session({
      get readyState() {
        return socket.readyState;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (data) =>
        typeof data === "string"
          ? this.#hear(JSON.parse(data) as ServerMessage)
          : this.#frame(data),
      close: (code, reason) => socket.close(code, reason),
    }, service);
  }

  /** Nothing is said before the client's setup. */
  hello(): void {}

  /** Takes one message; none can make this throw. */
  async receive(data: unknown): Promise<void> {
    // Messages that came before the close was sent are not answered any more.
    if (this.#closing) return;
    const text = textOf(data);
    if (text === null) {
      const why = `The message has more than ${LIMITS.message_bytes} bytes`;
      return this.#close(MESSAGE_TOO_BIG, why);
    }
    const read = readLyria(text);
    if (!read.ok) {
      this.#service.telemetry.errors.inc({ code: read.error.code });
      this.#warn(read.error.message);
      if (++this.#badMessages < MOST_BAD_MESSAGES) return;
      const why = `${MOST_BAD_MESSAGES} bad messages in a row`;
      return this.#close(POLICY_VIOLATION, why);
    }
    this.#badMessages = 0;
    await this.#do(read.value);
  }

  /** Says that the server is stopping; closes as soon as nothing plays. */
  drain(deadlineMs: number): void {
    this.#session.drain(deadlineMs);
  }

  /** Ends the music and closes. */
  stop(): void {
    this.#session.stop();
  }

  /** The client has gone. */
  closed(): void {
    this.#session.closed();
  }

  async #do(message: LyriaMessage): Promise<void> {
    if (message.kind === "setup") return this.#setup(message.value.model);
    if (this.#model === null) {
      return this.#warn(`${message.kind} came before setup, which comes first`);
    }
    switch (message.kind) {
      case "clientContent":
        return await this.#mix(message.value.weightedPrompts);
      case "musicGenerationConfig":
        return await this.#configure(message.value);
      case "playbackControl":
        return await this.#control(message.value);
    }
  }

  #setup(name: string): void {
    if (this.#model !== null) return this.#warn("setup came before: ignored");
    const id = name.replace(/^models\//, "");
    const known = [...this.#service.models.keys()];
    // Clients have Lyria's own name built in.
    const model = id.startsWith("lyria") ? known[0] : id;
    if (model === undefined || !known.includes(model)) {
      const accepted = ["lyria-realtime-exp", ...known].join(", ");
      const why = `model is ${show(name)}, accepted: ${accepted}`;
      return this.#close(POLICY_VIOLATION, why);
    }
    this.#model = model;
    this.#send({ setupComplete: {} });
  }

  async #mix(given: readonly { text?: unknown; weight?: unknown }[]) {
    const { prompts, filtered } = sortPrompts(given);
    for (const filteredPrompt of filtered) this.#send({ filteredPrompt });
    if (prompts.length === 0) {
      return this.#warn(
        "There is no prompt left, the prompts stay as they are",
      );
    }
    this.#prompts = prompts;
    if (this.#wanted) return await this.#play();
    await this.#update({ ramp: MORPH, ...promptControls(prompts) });
  }

  async #configure(config: GenerationConfig): Promise<void> {
    for (const [field, why] of ignoredFields(config)) {
      if (this.#ignored.has(field)) continue;
      this.#ignored.add(field);
      this.#warn(`${field} is ignored: ${why}`);
    }
    const { seed } = config;
    if (
      this.#state !== "stopped" && seed != null && seed !== this.#config.seed
    ) {
      this.#warn(`seed ${seed} counts from the next PLAY after a STOP on`);
    }
    this.#config = config;
    await this.#update(configControls(config));
  }

  async #control(control: PlaybackControl): Promise<void> {
    const live = this.#state !== "stopped";
    switch (control) {
      case "PLAY":
        if (this.#state === "stopped") return await this.#play();
        if (this.#state === "playing") return;
        this.#state = "playing";
        return await this.#say({ type: "resume" });
      case "PAUSE":
        this.#wanted = false;
        if (this.#state !== "playing") return;
        this.#state = "paused";
        return await this.#say({ type: "pause" });
      case "STOP":
        this.#wanted = false;
        return live ? await this.#say({ type: "cancel" }) : undefined;
      case "RESET_CONTEXT":
        return live ? await this.#say({ type: "reset" }) : undefined;
    }
  }

  async #play(): Promise<void> {
    this.#wanted = this.#prompts.length === 0;
    if (this.#wanted) {
      return this.#warn(
        "There are no prompts: the music begins with the first",
      );
    }
    this.#state = "playing";
    const { seed } = this.#config;
    await this.#say({
      type: "start",
      model: this.#model,
      ...configControls(this.#config),
      ...promptControls(this.#prompts),
      ...(seed != null && { seed: seed >>> 0 }),
      format: { codec: "pcm_s16le", frame_ms: 40 },
      lead_ms: LEAD_MS,
      event_id: this.#change(),
    });
  }

  async #update(patch: Controls & { ramp?: { seconds: number } }) {
    if (this.#state === "stopped") return;
    await this.#say({ type: "update", ...patch, event_id: this.#change() });
  }

  /** Remembers what the next change makes of the music. */
  #change(): string {
    const id = `${++this.#lastChange}`;
    this.#changes.set(id, {
      clientContent: { weightedPrompts: this.#prompts },
      musicGenerationConfig: this.#config,
    });
    return id;
  }

  async #say(message: Record<string, unknown>): Promise<void> {
    const about = { stream: STREAM };
    const parsed = parseClientMessage(JSON.stringify({ ...message, ...about }));
    if (!parsed.ok) return this.#hear(parsed.error);
    const { event_id } = parsed.message;
    const reply = event_id === undefined ? {} : { replyTo: event_id };
    const received = { ...reply, receivedMs: performance.now() };
    try {
      await this.#session.handle(parsed.message, received);
    } catch (thrown) {
      // Only a stream that was not to begin is one that is never heard.
      const starts = message.type === "start";
      this.#session.refuse(thrown, { ...(starts && about), ...reply });
    }
  }

  /** What the session says; what Lyria has no words for is not said. */
  #hear(message: ServerMessage): void {
    switch (message.type) {
      case "started":
        return this.#changed(message.reply_to, 0);
      case "scheduled":
        return this.#changed(message.reply_to, message.at_sample);
      case "paused":
        return this.#chunks.flush();
      case "warning":
        return this.#warn(message.message);
      case "draining": {
        const seconds = Math.ceil(message.deadline_ms / 1000);
        return this.#warn(`The server stops within ${seconds} seconds`);
      }
      case "cancelled":
        this.#chunks.clear();
        this.#changes.clear();
        this.#state = "stopped";
        return;
      case "error":
        return this.#refused(message);
    }
  }

  #changed(id: string | undefined, sample: number): void {
    const source = this.#changes.get(id ?? "");
    if (source === undefined) return;
    this.#changes.delete(id!);
    this.#chunks.change(sample, source);
  }

  /** A client that is never to hear music learns so by the close. */
  #refused(
    { code, message, stream, reply_to }: Extract<
      ServerMessage,
      { type: "error" }
    >,
  ): void {
    this.#changes.delete(reply_to ?? "");
    if (stream === undefined) return this.#warn(message);
    const busy = code === "busy" || code === "too_many_streams";
    this.#close(busy ? TRY_AGAIN_LATER : INTERNAL_ERROR, message);
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): void {
    const frame = decodeAudioFrame(bytes.buffer);
    if (frame !== null) this.#chunks.add(frame.sample, frame.payload);
  }

  #warn(warning: string): void {
    this.#send({ warning });
  }

  #send(message: unknown): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(JSON.stringify(message));
  }

  #close(code: number, why: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#warn(why);
    const bytes = new TextEncoder().encode(why).subarray(0, REASON_BYTES);
    // A character that was cut in two is left out.
    const reason = new TextDecoder().decode(bytes).replace(/\uFFFD$/, "");
    this.#session.outbox.close(code, reason);
  }
}

/** The text of a message, which Lyria's clients may send as bytes; null if it is too long. */
function textOf(data: unknown): string | null {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : new Uint8Array(data as ArrayBuffer);
  if (bytes.length > LIMITS.message_bytes) return null;
  return new TextDecoder().decode(bytes);
}
