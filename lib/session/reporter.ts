/**
 * What a client is told about one stream.
 *
 * @module
 */
import type {
  Controls,
  ErrorMessage,
  ResolvedFormat,
  ServerMessage,
} from "../protocol/mod.ts";
import type { Model } from "../inference/engine.ts";
import type { MusicStream, Scheduled } from "../stream/music_stream.ts";
import { errorReply } from "./error_reply.ts";
import type { Outbox } from "./outbox.ts";
import type { StreamEnd } from "./packetizer.ts";
import { receiptOf } from "./receipt.ts";
import type { Service } from "./service.ts";
import type { KeptStream } from "./state.ts";

/** What is known of a message that is being answered. */
export interface Received {
  /** Its `event_id`. */
  replyTo?: string | undefined;
  /** When it came (performance.now clock). */
  receivedMs: number;
}

/** Options of {@linkcode Reporter}. */
export interface ReporterOptions {
  /** The stream's id. */
  id: string;
  /** Id of the connection. */
  session: string;
  model: Model;
  /** What it goes on from, or null. */
  context: KeptStream["context"];
  outbox: Outbox;
  service: Service;
}

/** A message about a stream. */
export type Told = Extract<ServerMessage, { stream?: string | undefined }>;
/** It without what its stream adds. */
export type Untold<M> = M extends Told ? Omit<M, "stream" | "reply_to"> : never;

/** Writes the messages of one stream. */
export class Reporter {
  readonly #options: ReporterOptions;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Sends any message about the stream, as an answer if `received` is given. */
  tell(message: Untold<Told>, received?: Received): void {
    const reply_to = received?.replyTo;
    this.#options.outbox.send({
      ...message,
      stream: this.#options.id,
      ...(reply_to !== undefined && { reply_to }),
    } as ServerMessage);
  }

  /** Tells something that stops nothing. */
  warn(code: string, message: string, received?: Received): void {
    this.tell({ type: "warning", code, message }, received);
  }

  /** Tells what was resolved, then what the model makes nothing of. */
  started(
    stream: MusicStream,
    { publicId, asked, ...told }: {
      handle: number;
      format: ResolvedFormat;
      /** Null if nobody else can listen. */
      publicId: string | null;
      /** The controls that the client itself has given. */
      asked: Partial<Controls>;
    },
    start: Received,
    /** True if it was told before what the model makes nothing of. */
    again: boolean,
  ): void {
    const { seed, bpm, meter, controls } = stream;
    const { prompts = [] } = controls;
    const model = this.#options.model.manifest.id;
    this.tell({
      type: "started",
      ...{ ...told, seed, model, bpm, meter, prompts },
      ...(publicId !== null && { public_id: publicId }),
    }, start);
    if (!again) this.#unheeded(stream, asked, start);
  }

  /** Tells from where on a change is heard, and what of it never will be. */
  scheduled(
    stream: MusicStream,
    patch: Partial<Controls>,
    { atSample, atBeat, delayMs }: Scheduled & { delayMs: number },
    update: Received,
  ): void {
    this.tell({
      type: "scheduled",
      at_sample: atSample,
      at_beat: atBeat,
      delay_ms: delayMs,
    }, update);
    this.#unheeded(stream, patch, update);
  }

  /** Tells where the time to the first packet went. */
  firstAudio(
    stream: MusicStream,
    { encodeMs, totalMs }: { encodeMs: number; totalMs: number },
  ): void {
    const { queueMs, promptMs, stepsMs, decodeMs } = stream.timings;
    this.#options.service.telemetry.time("firstPacket", totalMs);
    this.tell({
      type: "first_audio",
      queue_ms: queueMs,
      prompt_ms: promptMs,
      steps_ms: [...stepsMs],
      decode_ms: decodeMs,
      encode_ms: encodeMs,
      total_ms: totalMs,
    });
  }

  /** Tells that everything was sent. */
  done(stream: MusicStream, end: StreamEnd): void {
    const { model, context, service } = this.#options;
    const { samples, endTrim } = end;
    const { provider } = service;
    const receipt = receiptOf(stream, end, { model, provider, context });
    this.tell({ type: "done", samples, end_trim: endTrim, receipt });
  }

  /** Tells what went wrong. */
  error(thrown: unknown, received?: Received): void {
    const { id: stream, session, outbox, service } = this.#options;
    const subject = { session, stream, replyTo: received?.replyTo };
    const message: ErrorMessage = errorReply(thrown, subject, service);
    outbox.send(message);
  }

  #unheeded(
    stream: MusicStream,
    controls: Partial<Controls>,
    received: Received,
  ): void {
    const model = `Model "${this.#options.model.manifest.id}"`;
    for (const name of stream.ignoredControls(controls)) {
      const message = `${model} does not understand ${name}: it is ignored`;
      this.warn("control_ignored", message, received);
    }
    for (const text of stream.notUnderstood(controls)) {
      const message = `${model} knows no word of ${JSON.stringify(text)}`;
      this.warn("prompt_not_understood", message, received);
    }
  }
}
