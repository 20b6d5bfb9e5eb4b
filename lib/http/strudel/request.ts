/**
 * What a sample map is asked for, with everything that was left open decided.
 *
 * @module
 */
import {
  GENERATE_QUERY,
  type GenerateRequest,
  parseGenerateQuery,
} from "../../protocol/mod.ts";
import { Refusal } from "../../session/refusal.ts";

/** Length of the loops unless said, in bars. */
const DEFAULT_BARS = "4";
/** Longest loop, in seconds: Strudel holds it whole, decoded. */
const MAX_SECONDS = 60;

/** Parameters of a clip that a map has no use for. */
const NOT_HERE = ["seconds", "format", "loop", "parts", "context"];

const NAMES = Object.keys(GENERATE_QUERY)
  .filter((name) => !NOT_HERE.includes(name));

/** The request of the whole loop, and its query. */
export interface MapRequest {
  piece: GenerateRequest;
  query: URLSearchParams;
}

/**
 * Reads a query.
 *
 * @param query Without `name`, which is the map's own, and without an API key.
 * @throws {Refusal} `bad_message`.
 */
export function readMapQuery(query: URLSearchParams): MapRequest {
  for (const name of query.keys()) {
    if (NAMES.includes(name)) continue;
    const accepted = ["name", ...NAMES].join(", ");
    throw new Refusal(
      "bad_message",
      `${JSON.stringify(name)} is not a known parameter, accepted: ${accepted}`,
      { param: name },
    );
  }
  const loop = new URLSearchParams(query);
  if (!loop.has("bars")) loop.set("bars", DEFAULT_BARS);
  loop.set("loop", "1");
  loop.set("format", "wav");
  return { piece: readPiece(loop), query: loop };
}

/**
 * Reads the query of a piece.
 *
 * @throws {Refusal} `bad_message`.
 */
export function readPiece(query: URLSearchParams): GenerateRequest {
  const checked = parseGenerateQuery(query);
  if (checked.ok) return checked.value;
  const { code, message, param } = checked.error;
  throw new Refusal(code, message, { ...(param !== undefined && { param }) });
}

/** @throws {Refusal} If a loop of so many bars is too long. */
export function requireShort(bars: number, meter: number, bpm: number): void {
  const seconds = bars * meter * 60 / bpm;
  if (seconds <= MAX_SECONDS) return;
  const long = `${seconds.toFixed(1)} seconds at ${bpm} beats a minute`;
  const message = `bars is ${bars}, which is ${long}`;
  throw new Refusal(
    "bad_message",
    `${message}, accepted: at most ${MAX_SECONDS} seconds`,
    { param: "bars" },
  );
}

/** The seed of a query that has none: the same for the same query. */
export async function seedOf(query: URLSearchParams): Promise<number> {
  const bytes = new TextEncoder().encode(`${query}`);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new DataView(digest).getUint32(0);
}
