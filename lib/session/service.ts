/**
 * What all connections of a server share.
 *
 * @module
 */
import type { Model, Provider } from "../inference/engine.ts";
import type { Log } from "../log.ts";
import type { CreateStream } from "../stream/music_stream.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Admission } from "./admission.ts";
import type { Board } from "./board.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Contexts } from "./contexts.ts";
import type { SlowLimits } from "./outbox.ts";
import type { StateStore } from "./state_store.ts";

/** Models, limits and instruments behind every stream. */
export interface Service {
  /** Name and version, as `hello` tells them. */
  readonly server: { name: string; version: string };
  readonly provider: Provider;
  /** By id; the first is the default. */
  readonly models: ReadonlyMap<string, Model>;
  readonly createStream: CreateStream;
  readonly admission: Pick<Admission, "enter" | "requireOpen">;
  readonly broadcasts: Pick<Broadcasts, "open" | "find" | "enter">;
  readonly board: Board;
  readonly contexts: Contexts;
  /** Where streams are kept that may lose their connection. */
  readonly states: StateStore;
  readonly maxStreamsPerConnection: number;
  readonly slowLimits: SlowLimits;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Name of the key that was shown, or null. */
  readonly key: string | null;
}
