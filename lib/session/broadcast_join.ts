/**
 * A listener on a WebSocket: another connection's stream as one of its own,
 * except that it cannot be bent.
 *
 * @module
 */
import type { ServerMessage } from "../protocol/mod.ts";
import type {
  Broadcast,
  BroadcastEnd,
  Listener,
  SharedPacket,
} from "./broadcast.ts";
import { errorReply } from "./error_reply.ts";
import type { Outbox } from "./outbox.ts";
import { Refusal } from "./refusal.ts";
import type { Received, Told, Untold } from "./reporter.ts";
import type { Service } from "./service.ts";

/** A listener is sent nothing while more than this waits, in bytes. */
const HOLD_BYTES = 1 << 17;

/** Options of {@linkcode JoinedStream}. */
export interface JoinedStreamOptions {
  /** What the stream is called on this connection. */
  id: string;
  /** u16, unique on the connection. */
  handle: number;
  broadcast: Broadcast;
  /** Id of the connection. */
  session: string;
  outbox: Outbox;
  service: Service;
  /** The join message. */
  join: Received;
  /** Freed when listening ends. */
  place: Disposable;
  /** Called once, before the message that tells the end. */
  onEnd: () => void;
}

/** Listens to one stream; begins at once, with the next packet. */
export class JoinedStream implements Listener {
  readonly #options: JoinedStreamOptions;
  #lastSeq = -1;
  #nextSample: number;
  /** Since when packets are left out (performance.now clock), and from which on. */
  #behind: { sinceMs: number; sample: number } | null = null;
  #over = false;

  constructor(options: JoinedStreamOptions) {
    this.#options = options;
    const { broadcast, handle, join } = options;
    const { info: { id, format, bpm, meter }, paused } = broadcast;
    const at_sample = this.#nextSample = broadcast.nextSample;
    this.#tell(
      { type: "joined", id, handle, format, bpm, meter, at_sample, paused },
      join,
    );
    broadcast.add(this);
  }

  packet(packet: SharedPacket): void {
    const { outbox, handle, service } = this.#options;
    if (outbox.waitingBytes > HOLD_BYTES) return this.#leaveOut(packet);
    if (this.#behind !== null) this.#catchUp(packet);
    const frame = packet.frame(handle);
    outbox.sendFrame(frame);
    service.telemetry.bytes.inc({ transport: "websocket" }, frame.byteLength);
    const { seq, sample } = packet.header;
    this.#lastSeq = seq;
    this.#nextSample = sample + this.#frameSamples;
  }

  paused(at_sample: number): void {
    this.#tell({ type: "paused", at_sample });
  }

  resumed(at_sample: number): void {
    this.#tell({ type: "resumed", at_sample });
  }

  ended({ reason, endTrim: end_trim }: BroadcastEnd): void {
    if (!this.#leave()) return;
    this.#tell({
      type: "ended",
      reason,
      last_seq: this.#lastSeq,
      end_sample: this.#nextSample,
      end_trim,
    });
  }

  /** Stops listening and answers `cancel`. */
  cancel(received: Received): void {
    if (!this.#leave()) return;
    this.#tell({
      type: "cancelled",
      last_seq: this.#lastSeq,
      end_sample: this.#nextSample,
      cancel_ms: performance.now() - received.receivedMs,
    }, received);
  }

  get #frameSamples(): number {
    return this.#options.broadcast.info.format.frame_samples;
  }

  /** False if that was before. */
  #leave(): boolean {
    if (this.#over) return false;
    this.#over = true;
    const { broadcast, place, onEnd } = this.#options;
    broadcast.remove(this);
    place[Symbol.dispose]();
    onEnd();
    return true;
  }

  /** Whoever does not read misses music; whoever reads nothing at all is let go. */
  #leaveOut({ header: { sample } }: SharedPacket): void {
    const { service } = this.#options;
    const nowMs = performance.now();
    this.#behind ??= { sinceMs: nowMs, sample };
    const { dropMs } = service.slowLimits;
    if (nowMs - this.#behind.sinceMs <= dropMs) return;
    service.telemetry.listenersDropped.inc();
    const text = `The client read too little for ${dropMs} ms: it is let go`;
    const { id: stream, session, outbox } = this.#options;
    const refusal = new Refusal("slow_client", text);
    outbox.send(errorReply(refusal, { stream, session }, service));
    this.cancel({ receivedMs: nowMs });
  }

  #catchUp({ header: { sample } }: SharedPacket): void {
    const missed = sample - this.#behind!.sample;
    this.#behind = null;
    this.#options.service.telemetry.listenerSkips.inc();
    const text = `${missed} samples were left out: the client did not read`;
    this.#tell({ type: "warning", code: "slow_client", message: text });
  }

  #tell(message: Untold<Told>, received?: Received): void {
    const { id, outbox } = this.#options;
    const reply_to = received?.replyTo;
    outbox.send({
      ...message,
      stream: id,
      ...(reply_to !== undefined && { reply_to }),
    } as ServerMessage);
  }
}
