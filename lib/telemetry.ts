/**
 * Every instrument of the server, with its buckets. Times are in seconds, as
 * Prometheus wants them; methods take ms, as the rest of the server has them.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** 1 ms to 10 s: from one network call to a first packet on a slow machine. */
const WORK_SECONDS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5],
  ...[1, 2.5, 5, 10],
];

/** 50 us to 50 ms: one Opus packet. */
const ENCODE_SECONDS = [
  ...[0.000_05, 0.000_1, 0.000_2, 0.000_3, 0.000_5],
  ...[0.001, 0.002, 0.005, 0.01, 0.05],
];

/** How a stream leaves the server. */
export type Transport = "websocket" | "http";

/** What is timed. */
export type Timing =
  | "firstPacket"
  | "queue"
  | "prompt"
  | "step"
  | "block"
  | "decode"
  | "analyse"
  | "encode"
  | "cancel"
  | "http";

/** Where the engine's state is read when metrics are asked for. */
export interface TelemetrySource {
  /** Units of work waiting. */
  readonly queued: number;
  /** Workers that are ready, of how many, and how often one was replaced. */
  readonly workers?: { alive: number; wanted: number; restarts: number };
  /** How much quality streams have to give up for now, 0 = none. */
  readonly pressure?: number;
}

/** All instruments of one server, in a registry of their own. */
export class Telemetry {
  readonly registry: Registry = new Registry();
  readonly #registers = [this.registry];

  readonly sessions = this.#gauge("sessions", "Open WebSocket connections");
  readonly streams = this.#gauge("streams", "Streams playing now", "transport");
  readonly started = this.#counter(
    "streams_started_total",
    "Streams started",
    "transport",
  );
  readonly cancels = this.#counter("cancels_total", "Streams cancelled", "by");
  readonly underruns = this.#counter(
    "underruns_total",
    "Packets that left after the moment they were to be heard",
  );
  readonly degradations = this.#counter(
    "degradations_total",
    "Times that a stream went over to fewer steps or layers",
  );
  readonly slowClients = this.#counter(
    "slow_clients_total",
    "Streams cancelled because the client did not read",
  );
  readonly listeners = this.#gauge(
    "listeners",
    "Listeners to streams of others",
    "transport",
  );
  readonly listenersDropped = this.#counter(
    "listeners_dropped_total",
    "Listeners let go because they did not read",
  );
  readonly listenerSkips = this.#counter(
    "listener_skips_total",
    "Times that a slow listener missed music",
  );
  readonly gateRefusals = this.#counter(
    "gate_refusals_total",
    "Connections that were not let in or were cut off",
    "why",
  );
  readonly errors = this.#counter("errors_total", "Errors answered", "code");
  readonly bytes = this.#counter(
    "sent_bytes_total",
    "Audio bytes handed to the network",
    "transport",
  );
  readonly requests = this.#counter(
    "http_requests_total",
    "HTTP requests answered, by route pattern",
    "method",
    "route",
    "status",
  );
  readonly #times: Record<Timing, Histogram> = {
    firstPacket: this.#histogram("first_packet", "From start to first packet"),
    queue: this.#histogram("queue", "Waiting of one unit of work"),
    prompt: this.#histogram("prompt", "Encoding of one prompt"),
    step: this.#histogram("step", "One denoiser call"),
    block: this.#histogram("block", "One block, made by a worker elsewhere"),
    decode: this.#histogram("decode", "One decoder window"),
    analyse: this.#histogram("analyse", "One clip to latents"),
    encode: this.#histogram("encode", "One Opus packet", ENCODE_SECONDS),
    cancel: this.#histogram("cancel", "From cancel to its answer"),
    http: this.#histogram("http", "From HTTP request to its headers"),
  };

  constructor(source: TelemetrySource) {
    this.#read("queue_depth", "Units of work waiting", () => source.queued);
    this.#read(
      "pressure",
      "How much quality streams have to give up, 0 = none",
      () => source.pressure ?? 0,
    );
    this.#read(
      "workers",
      "Inference workers that are ready",
      () => source.workers?.alive ?? 0,
    );
    this.#read(
      "worker_restarts",
      "Inference workers that were replaced since the start",
      () => source.workers?.restarts ?? 0,
    );
    this.#read(
      "resident_memory_bytes",
      "Memory of the process",
      () => Deno.memoryUsage().rss,
    );
  }

  /** Shows what streams ask of the device, 1 = all that it can do. */
  showLoad(load: () => { networks: number; synthesis: number }): void {
    this.#read(
      "load_networks",
      "Share of the network workers that streams ask for",
      () => load().networks,
    );
    this.#read(
      "load_synthesis",
      "Share of the synthesis workers that streams ask for",
      () => load().synthesis,
    );
  }

  /** Records one duration, in ms. */
  time(timing: Timing, ms: number): void {
    this.#times[timing].observe(Math.max(0, ms) / 1000);
  }

  /** A gauge that is read when metrics are asked for. */
  #read(name: string, help: string, value: () => number): void {
    new Gauge({
      ...this.#named(name, help),
      collect() {
        this.set(value());
      },
    });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ ...this.#named(name, help), labelNames });
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ ...this.#named(name, help), labelNames });
  }

  #histogram(name: string, help: string, buckets = WORK_SECONDS): Histogram {
    return new Histogram({
      ...this.#named(`${name}_seconds`, help),
      buckets,
    });
  }

  #named(name: string, help: string) {
    const registers = this.#registers;
    return { name: `prestissimo_${name}`, help, registers };
  }
}
