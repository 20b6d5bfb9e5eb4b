/**
 * Goes on with a stream of a connection that was lost.
 *
 * @module
 */
import type { Model } from "../inference/engine.ts";
import { withLaterChanges } from "../stream/later_changes.ts";
import type { StreamOptions } from "../stream/music_stream.ts";
import { Refusal } from "./refusal.ts";
import type { Service } from "./service.ts";
import {
  type KeptStream,
  movedTo,
  packState,
  STATE_VERSION,
  stateKey,
  unpackState,
} from "./state.ts";
import type { Stored } from "./state_store.ts";

/** A client cannot have heard more than this of what is not kept yet, in ms. */
const MOST_AHEAD_MS = 60_000;

/** A stream that moved more often than this within its time is not sought further. */
const MOST_MOVES = 16;

/** How often what is written meanwhile is read again. */
const MOST_TRIES = 5;

/** What a client wants to go on with. */
export interface Lost {
  /** Id of the connection that was lost. */
  session: string;
  stream: string;
  /** `seq` of the last frame that came, -1 if none did. */
  lastSeq: number;
  /** Where that stands in the message. */
  param: string;
}

/** A stream to go on with. */
export interface Resumption {
  kept: KeptStream;
  lastSeq: number;
  /** Revision of its state under the new key. */
  revision: number;
}

/** A state that was found, and where. */
export interface Found {
  kept: KeptStream;
  piece: StreamOptions;
  key: string;
  /** The newest revision there. */
  newest: number;
}

type Offers = Pick<Service, "states" | "models" | "provider" | "key" | "log">;

/** How long a client is to wait where the states cannot be read, in ms. */
const STORE_RETRY_MS = 250;

/**
 * Finds the state to go on from: the newest of what the client has heard.
 *
 * @throws {Refusal} `unknown_session`, `bad_message` if `lastSeq` cannot be, or
 * `unsupported` if the model is another here.
 */
export async function findState(lost: Lost, service: Offers): Promise<Found> {
  const { key, states } = await follow(lost, service);
  const kept = states.map((state) => unpackState(state) as KeptStream);
  const [newest] = kept;
  if (
    newest?.version !== STATE_VERSION || newest.key !== service.key
  ) throw unknown(lost);
  const { format: { frame_ms }, hashed } = newest;
  const most = hashed.seq + Math.ceil(MOST_AHEAD_MS / frame_ms);
  // The newest first: what lies before the one to go on from came after it.
  const own = kept.filter(({ id }) => id === newest.id);
  const at = own.findIndex(({ seq }) => seq <= lost.lastSeq + 1);
  const found = own[at];
  const least = own.at(-1)!.seq - 1;
  const range =
    `last_seq of stream "${lost.stream}" is ${lost.lastSeq}, accepted: ${least} to ${most}`;
  if (lost.lastSeq > most) {
    throw new Refusal("bad_message", range, { param: lost.param });
  }
  if (!found) {
    const text = `${range}: what comes before is no longer kept`;
    throw new Refusal("unknown_session", text, { param: lost.param });
  }
  const model = modelOf(found, service);
  const later = own.slice(0, at).map((each) => each.snapshot).reverse();
  const snapshot = withLaterChanges(found.snapshot, later);
  const { paused } = newest;
  const piece = { ...found.piece, model, snapshot };
  return {
    kept: { ...found, snapshot, paused },
    ...{ piece, key, newest: states[0]!.revision },
  };
}

/**
 * Makes a state one's own, under the key of the new connection: whoever had it
 * finds out as soon as it writes.
 *
 * @returns The revision under the new key; null if somebody has written meanwhile.
 */
export async function takeState(
  { kept, key, newest }: Found,
  newKey: string,
  { states }: Pick<Service, "states">,
): Promise<number | null> {
  if (key === newKey) return newest;
  // First there, then gone from here: there is no moment without a state.
  const revision = await states.put(newKey, packState(kept), null);
  const moved = packState({ movedTo: newKey });
  if (await states.put(key, moved, newest) !== null) return revision;
  await states.drop(newKey);
  return null;
}

/**
 * Finds a state and takes it.
 *
 * @param enter Called with what was found before it is taken; what it returns is
 * disposed of if that fails.
 * @throws {Refusal} As `findState` and `enter` do, or `busy`.
 */
export async function resumeStream(
  lost: Lost,
  session: string,
  service: Offers,
  enter: (piece: StreamOptions) => Disposable,
): Promise<Resumption & { piece: StreamOptions; place: Disposable }> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = await readable(() => findState(lost, service), service);
    const { kept, piece } = found;
    const place = enter(piece);
    const { lastSeq } = lost;
    try {
      const newKey = stateKey(session, lost.stream);
      const take = () => takeState(found, newKey, service);
      const revision = await readable(take, service);
      if (revision !== null) return { kept, lastSeq, revision, piece, place };
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
    place[Symbol.dispose]();
  }
  const text = `Stream "${lost.stream}" still plays elsewhere`;
  throw new Refusal("busy", text, { retryAfterMs: 250 });
}

/**
 * A store that cannot be reached is no reason to give a stream up: it comes back.
 *
 * @throws {Refusal} `busy` where `work` fails otherwise than by a refusal.
 */
async function readable<T>(
  work: () => Promise<T>,
  { log }: Pick<Service, "log">,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    log.warn("states not reached", { error: (error as Error).message });
    const text = "The states of streams cannot be read at the moment";
    throw new Refusal("busy", text, { retryAfterMs: STORE_RETRY_MS });
  }
}

async function follow(
  lost: Lost,
  { states: store }: Offers,
): Promise<{ key: string; states: Stored[] }> {
  let key = stateKey(lost.session, lost.stream);
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    const states = await store.states(key);
    if (states.length === 0) break;
    const next = movedTo(states[0]!);
    if (next === null) return { key, states };
    key = next;
  }
  throw unknown(lost);
}

function unknown({ stream }: Lost): Refusal {
  const text = `There is no stream "${stream}" of that session to go on with`;
  return new Refusal(
    "unknown_session",
    `${text}, accepted: one that plays or whose connection was lost a moment ago, under the same key`,
    { param: "session" },
  );
}

function modelOf(
  { model: id, modelSha256, provider }: KeptStream,
  service: Offers,
): Model {
  const model = service.models.get(id);
  if (model?.sha256 === modelSha256 && provider === service.provider) {
    return model;
  }
  const text = `Model "${id}" is not the one with which the stream began`;
  throw new Refusal("unsupported", `${text}: start it anew`);
}
