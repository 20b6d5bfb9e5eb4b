/**
 * What one key lets its holders do, and how much of it they have used.
 *
 * @module
 */
import { SAMPLE_RATE } from "../protocol/mod.ts";
import type { Admission } from "../session/admission.ts";
import { Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";
import type { MusicStream, PcmChunk } from "../stream/music_stream.ts";
import type { KeyRules, Scope } from "./keys.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_SAMPLES = 60 * SAMPLE_RATE;

/** Over how many parts of a day minutes are counted: each is forgotten whole. */
const PARTS = 24;

/** Holds a key to its rules, over all its connections. */
export class Grant {
  readonly rules: KeyRules;
  #streams = 0;
  /** Samples made, by the part of time in which they were. */
  readonly #used = new Map<number, number>();
  readonly #nowMs: () => number;

  /** @param nowMs The clock, in ms since 1970. */
  constructor(rules: KeyRules, nowMs: () => number = Date.now) {
    this.rules = rules;
    this.#nowMs = nowMs;
  }

  /** Streams that play now. */
  get streams(): number {
    return this.#streams;
  }

  /** @throws {Refusal} `unauthorized` if the key is not for that. */
  require(scope: Scope): void {
    const { name, scopes } = this.rules;
    if (scopes.includes(scope)) return;
    const text = `Key "${name}" is for ${scopes.join(", ")}, not for ${scope}`;
    throw new Refusal("unauthorized", text, { status: 403 });
  }

  /**
   * Takes one of the key's streams; disposing gives it back.
   *
   * @throws {Refusal} `too_many_streams`, or `busy` if its minutes are used up.
   */
  enter(): Disposable {
    const { name, maxStreams } = this.rules;
    if (maxStreams !== null && this.#streams >= maxStreams) {
      const text = `Key "${name}" has ${this.#streams} streams`;
      throw new Refusal("too_many_streams", `${text}, accepted: ${maxStreams}`);
    }
    this.requireMinutes(1);
    this.#streams++;
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (!left) this.#streams--;
        left = true;
      },
    };
  }

  /**
   * Does nothing while that much audio may still be made.
   *
   * @throws {Refusal} `busy` once the minutes of 24 hours are used up, or if they
   * are not enough for all of it.
   */
  requireMinutes(samples: number): void {
    const { name, minutesPerDay } = this.rules;
    if (minutesPerDay === null) return;
    const partMs = DAY_MS / PARTS;
    const part = this.#part();
    for (const old of this.#used.keys()) {
      if (old <= part - PARTS) this.#used.delete(old);
    }
    const before = this.#used.values().reduce((sum, used) => sum + used, 0);
    if (before + samples <= minutesPerDay * MINUTE_SAMPLES) return;
    const [oldest = part] = this.#used.keys();
    const freeMs = (oldest + PARTS) * partMs - this.#nowMs();
    throw new Refusal(
      "busy",
      `The ${minutesPerDay} minutes of audio that key "${name}" has in 24 hours are used up, or do not suffice`,
      { retryAfterMs: Math.ceil(freeMs) },
    );
  }

  /**
   * Counts audio that was made.
   *
   * @throws {Refusal} `busy` if nothing was left of the minutes before it.
   */
  spend(samples: number): void {
    if (this.rules.minutesPerDay === null) return;
    this.requireMinutes(1);
    const part = this.#part();
    this.#used.set(part, (this.#used.get(part) ?? 0) + samples);
  }

  #part(): number {
    return Math.floor(this.#nowMs() / (DAY_MS / PARTS));
  }
}

/** The service as the holder of a key sees it. */
export function grantedService(service: Service, grant: Grant): Service {
  const { models } = grant.rules;
  const { admission, broadcasts, createStream } = service;
  return {
    ...service,
    key: grant.rules.name,
    models: models === null
      ? service.models
      : new Map([...service.models].filter(([id]) => models.includes(id))),
    admission: {
      requireOpen: () => admission.requireOpen(),
      enter: (...stream) => enter(grant, admission, ...stream),
    },
    broadcasts: {
      open: (info) => broadcasts.open(info),
      find: (id) => {
        grant.require("listen");
        return broadcasts.find(id);
      },
      enter: (transport) => broadcasts.enter(transport),
    },
    createStream: async (options, work) =>
      counted(await createStream(options, work), grant),
  };
}

function enter(
  grant: Grant,
  admission: Pick<Admission, "enter">,
  ...stream: Parameters<Admission["enter"]>
): Disposable {
  grant.require("play");
  const own = grant.enter();
  try {
    const place = admission.enter(...stream);
    return {
      [Symbol.dispose]() {
        own[Symbol.dispose]();
        place[Symbol.dispose]();
      },
    };
  } catch (refusal) {
    own[Symbol.dispose]();
    throw refusal;
  }
}

/** The stream, each of whose samples counts. */
function counted(stream: MusicStream, grant: Grant): MusicStream {
  if (grant.rules.minutesPerDay === null) return stream;
  return new Proxy(stream, {
    get(target, name) {
      if (name === "read") return read;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  async function read(
    ...args: Parameters<MusicStream["read"]>
  ): Promise<PcmChunk> {
    const chunk = await stream.read(...args);
    grant.spend(chunk.left.length);
    return chunk;
  }
}
