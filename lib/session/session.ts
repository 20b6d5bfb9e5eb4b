/**
 * One connection: which streams it has, and who answers its messages.
 *
 * @module
 */
import {
  type ClientMessage,
  type JoinMessage,
  LIMITS,
  PROTOCOL,
  type ResumeMessage,
  type StartMessage,
} from "../protocol/mod.ts";
import { JoinedStream } from "./broadcast_join.ts";
import { errorReply } from "./error_reply.ts";
import { modelInfos } from "./model_info.ts";
import { Outbox, type SessionSocket } from "./outbox.ts";
import { demandOf, resolvePiece } from "./piece.ts";
import { Player, type PlayerOptions } from "./player.ts";
import { Refusal } from "./refusal.ts";
import type { Received } from "./reporter.ts";
import { type Lost, resumeStream } from "./resumption.ts";
import type { Service } from "./service.ts";
import { RESUME_SECONDS } from "./state_store.ts";

/** RFC 6455: the server restarts. */
const SERVICE_RESTART = 1012;
/** How long the last messages of a stopping server may take, in ms. */
const STOP_FLUSH_MS = 100;
const LAST_HANDLE = 0xffff;

/** What one client hears and does. */
export class Session {
  /** Also in the log. */
  readonly id: string = crypto.randomUUID();
  readonly outbox: Outbox;
  readonly #service: Service;
  readonly #players = new Map<string, Player>();
  /** Streams of others that are listened to. */
  readonly #joined = new Map<string, JoinedStream>();
  readonly #handles = new Set<number>();
  #lastHandle = 0;
  /** True once the client has gone. */
  #gone = false;
  /** When the server stops (performance.now clock), once that is known. */
  #deadlineMs: number | null = null;

  constructor(socket: SessionSocket, service: Service) {
    this.#service = service;
    this.outbox = new Outbox(socket, service.slowLimits);
  }

  /** Greets the client. */
  hello(): void {
    const { server, models, provider, states } = this.#service;
    const { maxStreamsPerConnection: streams } = this.#service;
    this.outbox.send({
      type: "hello",
      protocol: PROTOCOL,
      server,
      session: this.id,
      models: modelInfos(models, provider),
      limits: { ...LIMITS, streams },
      provider,
      resume: { seconds: RESUME_SECONDS, shared: states.shared },
    });
  }

  /**
   * Carries out one message.
   *
   * @throws {Refusal} If it cannot be served.
   */
  async handle(message: ClientMessage, received: Received): Promise<void> {
    switch (message.type) {
      case "start":
        return this.#start(message, received);
      case "update":
        return await this.#player(message).update(message, received);
      case "sync":
        return await this.#player(message).sync(message, received);
      case "resume":
        return await this.#resume(message, received);
      case "pause":
      case "reset":
        return await this.#player(message)[message.type](received);
      case "cancel": {
        const joined = this.#joined.get(message.stream);
        if (joined !== undefined) return joined.cancel(received);
        return this.#player(message).cancel("client", received);
      }
      case "join":
        return this.#join(message, received);
      case "ping":
        return this.#pong(message.t, received);
    }
  }

  /** Answers with an error. */
  refuse(thrown: unknown, about: { stream?: string; replyTo?: string }): void {
    const subject = { ...about, session: this.id };
    this.outbox.send(errorReply(thrown, subject, this.#service));
  }

  /** Says that the server is stopping; closes as soon as nothing plays. */
  drain(deadlineMs: number): void {
    this.#deadlineMs = performance.now() + deadlineMs;
    this.outbox.send({ type: "draining", deadline_ms: deadlineMs });
    this.#closeIfDrained();
  }

  /** Ends all streams and closes. */
  stop(): void {
    this.#cancelAll("drain");
    this.#close(STOP_FLUSH_MS);
  }

  /** The client has gone. */
  closed(): void {
    this.#gone = true;
    this.#cancelAll("closed");
  }

  #start(message: StartMessage, received: Received): void {
    const { stream: id, format, lead_ms: leadMs } = message;
    this.#requireRoom(id);
    const piece = resolvePiece(message, this.#service);
    const { admission } = this.#service;
    const place = admission.enter("websocket", demandOf(piece));
    const pace = message.pace ??
      (piece.duration === null ? "realtime" : "asap");
    // Nobody waits for the end of what is made as fast as it goes.
    piece.elastic = pace === "realtime";
    this.#play({
      ...{ id, piece, format, pace, leadMs, place },
      ...{ start: received, resumption: null },
    });
  }

  async #resume(message: ResumeMessage, received: Received): Promise<void> {
    const { stream, session, streams } = message;
    if (stream !== undefined) {
      return await this.#player({ stream }).resume(received);
    }
    const { replyTo } = received;
    await Promise.all(streams!.map(async ({ stream, last_seq: lastSeq }, i) => {
      try {
        const param = `streams[${i}].last_seq`;
        const lost = { session: session!, stream, lastSeq, param };
        await this.#goOn(lost, received);
      } catch (thrown) {
        const about = { stream, ...(replyTo !== undefined && { replyTo }) };
        this.refuse(thrown, about);
      }
    }));
  }

  async #goOn(lost: Lost, received: Received): Promise<void> {
    this.#requireRoom(lost.stream);
    const { admission } = this.#service;
    const resumed = await resumeStream(
      lost,
      this.id,
      this.#service,
      (piece) =>
        admission.enter("websocket", demandOf(piece), { resumes: true }),
    );
    const { piece, place, kept: { format, pace, leadMs } } = resumed;
    try {
      // Others may have begun, or the client may have gone meanwhile.
      this.#requireRoom(lost.stream);
      if (this.#gone) return place[Symbol.dispose]();
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    this.#play({
      ...{ id: lost.stream, piece, format, pace, leadMs, place },
      ...{ start: received, resumption: resumed },
    });
  }

  #play(
    options: Omit<
      PlayerOptions,
      "handle" | "session" | "outbox" | "service" | "onEnd"
    >,
  ): void {
    const { id } = options;
    const handle = this.#takeHandle();
    const player = new Player({
      ...options,
      handle,
      session: this.id,
      outbox: this.outbox,
      service: this.#service,
      onEnd: () => {
        this.#players.delete(id);
        this.#handles.delete(handle);
        // After the message that tells the stream's end.
        queueMicrotask(() => this.#closeIfDrained());
      },
    });
    this.#players.set(id, player);
  }

  #join({ id: publicId, stream: id = publicId }: JoinMessage, join: Received) {
    this.#requireRoom(id);
    const service = this.#service;
    const broadcast = service.broadcasts.find(publicId);
    const place = service.broadcasts.enter("websocket");
    const handle = this.#takeHandle();
    const { outbox, id: session } = this;
    const joined = new JoinedStream({
      ...{ id, handle, broadcast, session, outbox, service, join, place },
      onEnd: () => {
        this.#joined.delete(id);
        this.#handles.delete(handle);
      },
    });
    this.#joined.set(id, joined);
  }

  /** @throws {Refusal} `stream_exists` or `too_many_streams`. */
  #requireRoom(id: string): void {
    if (this.#players.has(id) || this.#joined.has(id)) {
      const text = `Stream "${id}" is playing: cancel it, or choose another id`;
      throw new Refusal("stream_exists", text, { param: "stream" });
    }
    const { maxStreamsPerConnection: most } = this.#service;
    const count = this.#players.size + this.#joined.size;
    if (count < most) return;
    const text = `The connection has ${count} streams, accepted: ${most}`;
    throw new Refusal("too_many_streams", text);
  }

  #player({ stream }: { stream: string }): Player {
    const player = this.#players.get(stream);
    if (player !== undefined) return player;
    if (this.#joined.has(stream)) {
      const text = `Stream "${stream}" was started by somebody else`;
      throw new Refusal("unsupported", `${text}, accepted: cancel`, {
        param: "stream",
      });
    }
    const text = `There is no stream "${stream}" on this connection`;
    throw new Refusal("unknown_stream", text, { param: "stream" });
  }

  /** The next free handle, from 1; one that was just given back comes last. */
  #takeHandle(): number {
    do {
      this.#lastHandle = this.#lastHandle % LAST_HANDLE + 1;
    } while (this.#handles.has(this.#lastHandle));
    this.#handles.add(this.#lastHandle);
    return this.#lastHandle;
  }

  #pong(t: number, { replyTo }: Received): void {
    this.outbox.send({
      type: "pong",
      t,
      server_time_ms: Date.now(),
      ...(replyTo !== undefined && { reply_to: replyTo }),
    });
  }

  #cancelAll(reason: "closed" | "drain"): void {
    const now = { receivedMs: performance.now() };
    for (const player of [...this.#players.values()]) {
      player.cancel(reason, now);
    }
    for (const joined of [...this.#joined.values()]) joined.cancel(now);
  }

  #closeIfDrained(): void {
    if (this.#deadlineMs === null || this.#players.size > 0) return;
    this.#close(this.#deadlineMs - performance.now());
  }

  #close(flushMs: number): void {
    this.outbox.close(SERVICE_RESTART, "the server is stopping", flushMs);
  }
}
