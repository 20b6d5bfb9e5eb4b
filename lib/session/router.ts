/**
 * From what arrives on a socket to the session. No message can make this throw.
 *
 * @module
 */
import { LIMITS, parseClientMessage } from "../protocol/mod.ts";
import { Refusal } from "./refusal.ts";
import type { Session } from "./session.ts";
import type { Telemetry } from "../telemetry.ts";

/** RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;

/** Bad messages in a row that close a connection. */
const MOST_BAD_MESSAGES = 20;

/** Reads the messages of one connection. */
export class Router {
  readonly #session: Session;
  readonly #telemetry: Telemetry;
  #badMessages = 0;
  #closed = false;

  constructor(session: Session, telemetry: Telemetry) {
    this.#session = session;
    this.#telemetry = telemetry;
  }

  /** Takes the payload of one WebSocket message. */
  async receive(data: unknown): Promise<void> {
    // Messages that came before the close was sent are not answered any more.
    if (this.#closed) return;
    const receivedMs = performance.now();
    try {
      if (exceeds(data, LIMITS.message_bytes)) return this.#tooBig();
      if (typeof data !== "string") return this.#binary();
      const parsed = parseClientMessage(data);
      if (!parsed.ok) {
        this.#telemetry.errors.inc({ code: parsed.error.code });
        this.#session.outbox.send(parsed.error);
        return this.#bad();
      }
      this.#badMessages = 0;
      const { message } = parsed;
      const about = {
        ...("stream" in message && message.stream !== undefined &&
          { stream: message.stream }),
        ...(message.event_id !== undefined && { replyTo: message.event_id }),
      };
      await this.#session.handle(message, { ...about, receivedMs })
        .catch((thrown) => this.#session.refuse(thrown, about));
    } catch (thrown) {
      this.#session.refuse(thrown, {});
    }
  }

  #tooBig(): void {
    const text = `The message has more than ${LIMITS.message_bytes} bytes`;
    this.#session.refuse(new Refusal("message_too_big", text), {});
    this.#close(MESSAGE_TOO_BIG, "message too big");
  }

  #binary(): void {
    const text = "The message is binary, accepted: a text frame of JSON";
    this.#session.refuse(new Refusal("bad_message", text), {});
    this.#bad();
  }

  #bad(): void {
    this.#badMessages++;
    if (this.#badMessages < MOST_BAD_MESSAGES) return;
    this.#close(POLICY_VIOLATION, `${MOST_BAD_MESSAGES} bad messages in a row`);
  }

  #close(code: number, reason: string): void {
    this.#closed = true;
    this.#session.outbox.close(code, reason);
  }
}

function exceeds(data: unknown, bytes: number): boolean {
  if (data instanceof ArrayBuffer) return data.byteLength > bytes;
  if (data instanceof Blob) return data.size > bytes;
  if (typeof data !== "string") return false;
  // A UTF-16 code unit takes 1 to 3 bytes in UTF-8.
  if (data.length > bytes) return true;
  if (data.length * 3 <= bytes) return false;
  return new TextEncoder().encode(data).byteLength > bytes;
}
