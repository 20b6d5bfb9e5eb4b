/**
 * `/v1/strudel.json`: a prompt as a sample map of Strudel. Nothing is made
 * before a sample is asked for.
 *
 * @module
 */
import { openStream } from "../../session/open_stream.ts";
import { cutShort } from "../cut_short.ts";
import { resolvePiece } from "../../session/piece.ts";
import { Refusal } from "../../session/refusal.ts";
import type { Service } from "../../session/service.ts";
import type { MusicStream } from "../../stream/mod.ts";
import { entriesFor, fileName } from "./entries.ts";
import { readMapQuery, requireShort, seedOf } from "./request.ts";

/** Name of the sounds unless said. */
const DEFAULT_NAME = "presto";
/** What a name in Strudel's mini-notation may be. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;

/** The folder of the samples' URLs. */
export const STRUDEL_FOLDER = "/v1/strudel/";
/** Characters of the package's hash that make a sample's URL its own. */
const VERSION_LENGTH = 12;

/** Names what made a sample, so that its URL means the same for ever. */
export function versionOf(sha256: string): string {
  return sha256.slice(0, VERSION_LENGTH);
}

/** What the route needs. */
export interface MapRoute {
  service: Service;
  /** The query, without an API key. */
  query: URLSearchParams;
  /** The API key that the query had, or null: the samples' URLs need it too. */
  key: string | null;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/**
 * Answers `GET /v1/strudel.json`.
 *
 * @throws {Refusal} If the request cannot be served.
 */
export async function sampleMap(
  request: Request,
  { service, query: given, key, stopping }: MapRoute,
): Promise<Response> {
  const name = nameOf(given);
  const rest = new URLSearchParams(given);
  rest.delete("name");
  const { piece: wanted, query } = readMapQuery(rest);
  const piece = resolvePiece(
    { ...wanted, seed: wanted.seed ?? await seedOf(rest) },
    service,
  );
  const { manifest, sha256 } = piece.model;
  const signal = AbortSignal.any([request.signal, stopping]);
  using _place = service.admission.enter("http");
  let stream: MusicStream;
  try {
    stream = await openStream(service.createStream, piece, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return cutShort(service, stopping);
  }
  const { bpm, meter } = stream;
  stream.cancel();
  const { bars } = wanted.duration as { bars: number };
  requireShort(bars, meter, bpm);
  query.set("seed", `${piece.seed}`);
  query.set("bpm", `${bpm}`);
  query.set("model", manifest.id);
  // Who has said in how many steps gets them, however busy the server is.
  query.set("steps", `${stream.steps}`);
  // These are every sample's own.
  query.delete("loop");
  query.delete("format");
  if (key !== null) query.append("key", key);
  const base = new URL(`${STRUDEL_FOLDER}${versionOf(sha256)}/`, request.url);
  const sounds = entriesFor(manifest.controls.understood).map((entry) => [
    entry.name === "" ? name : `${name}_${entry.name}`,
    Array.from(
      { length: entry.count },
      (_, n) => `${fileName(entry, n)}?${query}`,
    ),
  ]);
  return Response.json({
    _base: base.href,
    ...Object.fromEntries(sounds),
  }, {
    headers: {
      "cache-control": "no-cache",
      "cross-origin-resource-policy": "cross-origin",
      "x-bpm": `${bpm}`,
      "x-seed": `${piece.seed}`,
      "x-model": manifest.id,
    },
  });
}

function nameOf(query: URLSearchParams): string {
  const [name = DEFAULT_NAME, ...more] = query.getAll("name");
  if (NAME.test(name) && more.length === 0) return name;
  throw new Refusal(
    "bad_message",
    `name is ${
      JSON.stringify([name, ...more].join(","))
    }, accepted: a letter, then at most 31 letters, digits or _`,
    { param: "name" },
  );
}
