/**
 * OSC over UDP. Off unless a port is configured. UDP has no connections and OSC
 * no keys: whoever reaches the port is on stage.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { toBuffer } from "osc-min";
import type { Log } from "../log.ts";
import type { Service } from "../session/service.ts";
import { readCommand } from "./commands.ts";
import { unpack } from "./packet.ts";
import { Stage, type StageState } from "./stage.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Where datagrams go. */
export interface OscPeer {
  /** Name or IPv4 address. */
  host: string;
  port: number;
}

/** Options of {@linkcode openOsc}. */
export interface OscOptions {
  service: Service;
  host: string;
  /** UDP port, 0 = any free one. */
  port: number;
  /** Who is told everything; null = whoever sent something. */
  target: OscPeer | null;
  /** Where the server's HTTP is, e.g. `http://127.0.0.1:8080`. */
  url: string;
  log: Log;
}

/** A door that is open. */
export interface OscDoor {
  readonly port: number;
  /** Ends the stream and closes the port. */
  close(): Promise<void>;
}

/** Senders that are told of the music; the one heard of longest ago goes first. */
const MOST_PEERS = 8;
/** Messages that are carried out, a second and at once. */
const MESSAGES_PER_SECOND = 500;
/** Errors and warnings that are told: a sender's address can be forged. */
const COMPLAINTS_PER_SECOND = 20;

type Value = { type: "string" | "float" | "integer"; value: string | number };

/**
 * Opens the port.
 *
 * @throws {Error} If it cannot be used; the message names it.
 */
export async function openOsc(options: OscOptions): Promise<OscDoor> {
  const { host, port } = options;
  const socket = createSocket("udp4");
  const bound = Promise.withResolvers<void>();
  socket.once("error", bound.reject);
  socket.bind(port, host, () => bound.resolve());
  try {
    await bound.promise;
  } catch (error) {
    const why = (error as Error).message;
    throw new Error(`Cannot listen for OSC on ${host}:${port}: ${why}`);
  }
  return new Door(socket, options);
}

class Door implements OscDoor {
  readonly port: number;
  readonly #socket: Socket;
  readonly #options: OscOptions;
  readonly #stage: Stage;
  readonly #peers = new Map<string, OscPeer>();
  readonly #messages: TokenBucket;
  readonly #complaints: TokenBucket;
  #closed = false;

  constructor(socket: Socket, options: OscOptions) {
    this.#socket = socket;
    this.#options = options;
    this.port = socket.address().port;
    const nowMs = performance.now();
    const bucket = (rate: number) => new TokenBucket(rate, rate, nowMs);
    this.#messages = bucket(MESSAGES_PER_SECOND);
    this.#complaints = bucket(COMPLAINTS_PER_SECOND);
    this.#stage = new Stage(options.service, {
      state: (state, to) => this.#state(state, to),
      beat: (beat, state) => this.#beat(beat, state),
      error: (text, to) => this.#complain("/error", text, to),
      warning: (text, to) => this.#complain("/warning", text, to),
    });
    socket.on("error", (error) => this.#fault(error));
    socket.on("message", (bytes, { address, port }) => {
      this.#receive(bytes, { host: address, port })
        .catch((error) => this.#fault(error));
    });
  }

  close(): Promise<void> {
    this.#stage.close();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  async #receive(bytes: Uint8Array, peer: OscPeer): Promise<void> {
    const from = `${peer.host}:${peer.port}`;
    if (!this.#messages.take(performance.now())) return;
    const messages = unpack(bytes);
    if (messages === null) {
      const text = `A datagram of ${bytes.length} bytes is not OSC`;
      return this.#complain("/error", text, peer);
    }
    for (const [i, message] of messages.entries()) {
      if (i > 0 && !this.#messages.take(performance.now())) return;
      const read = readCommand(message);
      if (!read.ok) this.#complain("/error", read.error, peer);
      else {
        this.#remember(from, peer);
        await this.#stage.do(read.command, from);
      }
    }
  }

  /** Only who made sense is told of the music. */
  #remember(key: string, peer: OscPeer): void {
    this.#peers.delete(key);
    this.#peers.set(key, peer);
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MOST_PEERS) this.#peers.delete(oldest!);
  }

  #state({ status, publicId, bpm, meter }: StageState, to: string | null) {
    const path = publicId === "" ? "" : `/v1/listen/${publicId}`;
    const url = path === "" ? "" : this.#options.url + path;
    this.#tell("/state", [
      ...[text(status), text(publicId), text(url)],
      ...[float(bpm), integer(meter)],
    ], to);
  }

  #beat(beat: number, { bpm, meter }: StageState): void {
    if (beat % meter === 0) {
      this.#tell("/bar", [integer(beat / meter), integer(beat)], null);
    }
    this.#tell("/beat", [integer(beat), float(bpm)], null);
  }

  #complain(address: string, why: string, to: OscPeer | string | null): void {
    if (!this.#complaints.take(performance.now())) return;
    this.#tell(address, [text(why)], to);
  }

  #tell(
    address: string,
    args: Value[],
    to: OscPeer | string | null,
  ): void {
    const { target } = this.#options;
    const asker = typeof to === "string" ? this.#peers.get(to) : to;
    const listeners = target !== null
      ? [target]
      : asker
      ? [asker]
      : [...this.#peers.values()];
    const bytes = new Uint8Array(toBuffer({ address, args } as never).buffer);
    for (const { host, port } of listeners) {
      if (this.#closed) return;
      // Who has gone is not told; UDP does not say so.
      this.#socket.send(bytes, port, host, () => {});
    }
  }

  #fault(error: unknown): void {
    this.#options.log.error("osc", { error: String(error) });
  }
}

function text(value: string): Value {
  return { type: "string", value };
}

function float(value: number): Value {
  return { type: "float", value };
}

function integer(value: number): Value {
  return { type: "integer", value };
}
