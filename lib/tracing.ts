/**
 * OpenTelemetry spans of one stream. Deno exports them if `OTEL_DENO` is true;
 * otherwise nothing is recorded and nothing is wrapped.
 *
 * A trace is `stream` > `block` > `denoise`, `decode`; `prompt`, `encode` and
 * `send` are children of `stream`. Packets are many, so one span of each of the
 * latter two stands for a second of them.
 *
 * @module
 */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type {
  BlockInput,
  EncoderInput,
  Model,
  WorkOptions,
} from "./inference/engine.ts";

/** Packets that share a span: a second of the usual ones. */
const PACKETS_A_SPAN = 50;

/** When a packet was made and sent (performance.now clock). */
export interface PacketTimes {
  seq: number;
  /** Position of its first sample, 48 kHz. */
  sample: number;
  last: boolean;
  encodeMs: number;
  encodedMs: number;
  sentMs: number;
}

/** Packets whose span is not yet written. */
interface Group {
  first: PacketTimes;
  last: PacketTimes;
  count: number;
  encodingMs: number;
  sendingMs: number;
}

/** The trace of a stream that is recorded. */
export class StreamTrace {
  readonly #root: Span;
  readonly #rootContext: Context;
  readonly #attributes: Attributes;
  #block: { span: Span; context: Context; decoding: boolean } | null = null;
  #blocks = 0;
  #group: Group | null = null;
  #ended = false;

  private constructor(root: Span, attributes: Attributes) {
    this.#root = root;
    this.#attributes = attributes;
    this.#rootContext = trace.setSpan(context.active(), root);
  }

  /**
   * Begins a trace.
   *
   * @param attributes Put on every span, such as `stream.id`.
   * @returns null if nobody records it.
   */
  static start(attributes: Attributes): StreamTrace | null {
    const root = tracer().startSpan("stream", { attributes, root: true });
    return root.isRecording() ? new StreamTrace(root, attributes) : null;
  }

  /** The model, whose every unit of work is a span. */
  model(model: Model): Model {
    return {
      manifest: model.manifest,
      sha256: model.sha256,
      ...(model.encodeAudio && {
        encodeAudio: (input: EncoderInput, options: WorkOptions) =>
          this.#work(
            "analyse",
            this.#rootContext,
            options,
            (timed) => model.encodeAudio!(input, timed),
          ),
      }),
      ...(model.makeBlock && {
        makeBlock: (input: BlockInput, options: WorkOptions) =>
          this.#work(
            "denoise",
            this.#blockContext(false),
            options,
            (timed) => model.makeBlock!(input, timed),
          ),
      }),
      demand: (steps) => model.demand?.(steps) ?? { networks: 0, synthesis: 0 },
      // Asked for at every block: a copy would stay what it was at the start.
      get pressure() {
        return model.pressure ?? 0;
      },
      encodePrompt: (text, options) =>
        this.#work(
          "prompt",
          this.#rootContext,
          options,
          (timed) => model.encodePrompt(text, timed),
        ),
      denoise: (input, options) =>
        this.#work(
          "denoise",
          this.#blockContext(false),
          options,
          (timed) => model.denoise(input, timed),
        ),
      decode: (input, options) =>
        this.#work(
          "decode",
          this.#blockContext(true),
          options,
          (timed) => model.decode(input, timed),
        ),
    };
  }

  /** Counts one packet. */
  packet(times: PacketTimes): void {
    this.#group ??= {
      ...{ first: times, last: times, count: 0, encodingMs: 0, sendingMs: 0 },
    };
    const group = this.#group;
    group.last = times;
    group.count++;
    group.encodingMs += times.encodedMs - times.encodeMs;
    group.sendingMs += times.sentMs - times.encodedMs;
    if (group.count >= PACKETS_A_SPAN || times.last) this.#writeGroup();
  }

  /**
   * Ends the trace; a second call does nothing.
   *
   * @param reason How the stream ended.
   */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writeGroup();
    this.#block?.span.end();
    this.#block = null;
    this.#root.setAttribute("stream.end", reason);
    if (reason === "fault") {
      this.#root.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#root.end();
  }

  /** A stream makes one block after the other: first all calls, then its windows. */
  #blockContext(decoding: boolean): Context {
    if (this.#block === null || (this.#block.decoding && !decoding)) {
      this.#block?.span.end();
      const attributes = { ...this.#attributes, "block.index": this.#blocks++ };
      const options = { attributes };
      const span = tracer().startSpan("block", options, this.#rootContext);
      const own = trace.setSpan(this.#rootContext, span);
      this.#block = { span, context: own, decoding };
    }
    this.#block.decoding = decoding;
    return this.#block.context;
  }

  async #work<T>(
    name: string,
    parent: Context,
    options: WorkOptions,
    run: (options: WorkOptions) => Promise<T>,
  ): Promise<T> {
    const attributes = this.#attributes;
    const span = tracer().startSpan(name, { attributes }, parent);
    try {
      return await run({
        ...options,
        trace: trace.setSpan(parent, span),
        onTiming(spent) {
          span.setAttributes({
            "work.queue_ms": spent.queueMs,
            "work.run_ms": spent.runMs,
          });
          options.onTiming?.(spent);
        },
      });
    } catch (thrown) {
      const message = String(thrown);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw thrown;
    } finally {
      span.end();
    }
  }

  #writeGroup(): void {
    if (this.#group === null) return;
    const { first, last, count, encodingMs, sendingMs } = this.#group;
    this.#group = null;
    const attributes = {
      ...this.#attributes,
      "packet.count": count,
      "packet.first_seq": first.seq,
      "packet.first_sample": first.sample,
    };
    for (
      const [name, startMs, endMs, busyMs] of [
        ["encode", first.encodeMs, last.encodedMs, encodingMs],
        ["send", first.encodedMs, last.sentMs, sendingMs],
      ] as const
    ) {
      const span = tracer().startSpan(name, {
        startTime: performance.timeOrigin + startMs,
        attributes: { ...attributes, "work.busy_ms": busyMs },
      }, this.#rootContext);
      span.end(performance.timeOrigin + endMs);
    }
  }
}

/** What a span is called in a message to another machine (W3C trace context). */
export function carrier(of: Context): Record<string, string> {
  const fields: Record<string, string> = {};
  propagation.inject(of, fields);
  return fields;
}

/** Does work for another machine, as part of its trace if it has one. */
export async function within<T>(
  name: string,
  from: Record<string, string> | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!from) return await work();
  const parent = propagation.extract(context.active(), from);
  const span = tracer().startSpan(name, {}, parent);
  try {
    return await work();
  } catch (thrown) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(thrown) });
    throw thrown;
  } finally {
    span.end();
  }
}

function tracer() {
  return trace.getTracer("prestissimo");
}
