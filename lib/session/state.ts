/**
 * What is kept of a stream so that another connection, or another process, can go
 * on with it.
 *
 * @module
 */
import type { Provider } from "../inference/engine.ts";
import type { AudioFormat, Receipt } from "../protocol/mod.ts";
import type { StreamOptions } from "../stream/music_stream.ts";
import type { Snapshot } from "../stream/snapshot.ts";
import type { State } from "./state_store.ts";

/** Of what a state holds: one that a server of another version wrote cannot be gone on with. */
export const STATE_VERSION = 1;

/** A stream and how it is sent. */
export interface KeptStream {
  version: typeof STATE_VERSION;
  /** One for each stream: ids of clients come again. */
  id: string;
  /** Name of the key that plays it, or null. */
  key: string | null;
  model: string;
  modelSha256: string;
  provider: Provider;
  piece: Omit<StreamOptions, "model" | "context" | "snapshot">;
  /** What it goes on from, as its receipt tells it. */
  context: NonNullable<Receipt["context"]> | null;
  format: AudioFormat;
  pace: "realtime" | "asap";
  leadMs: number;
  publicId: string | null;
  paused: boolean;
  /** When sample 0 was heard, in ms since 1970; null before that. */
  zeroTimeMs: number | null;
  /** First frame that the snapshot gives. */
  seq: number;
  /** First frame that the hash has not seen, and how it stands; null = it has seen nothing. */
  hashed: { seq: number; state: string | null };
  snapshot: Snapshot;
}

/** What stands where a stream was that has moved. */
export interface Moved {
  /** The key under which it is now. */
  movedTo: string;
}

/** The key of a stream. */
export function stateKey(session: string, stream: string): string {
  // In NATS a key may not have every form that an id may have.
  const hex = (text: string) => new TextEncoder().encode(text).toHex();
  return `${hex(session)}.${hex(stream)}`;
}

/** Writes a state. */
export function packState(value: KeptStream | Moved): State {
  const arrays: Float32Array[] = [];
  const text = JSON.stringify(value, (_, each) => {
    if (each instanceof Float32Array) return { $array: arrays.push(each) - 1 };
    // JSON knows no such number; a score begins there.
    return each === -Infinity ? { $always: true } : each;
  });
  return { text, arrays };
}

/** Where a stream has moved to whose state this was; null if it has not. */
export function movedTo(state: State): string | null {
  return (unpackState(state) as Partial<Moved>).movedTo ?? null;
}

/** Reads a state. */
export function unpackState({ text, arrays }: State): KeptStream | Moved {
  return JSON.parse(text, (_, each) => {
    if (typeof each?.$array === "number") return arrays[each.$array];
    return each?.$always === true ? -Infinity : each;
  });
}
