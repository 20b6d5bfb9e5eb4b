/**
 * `/v1/strudel/{version}/{file}`: one sample of a map, made when it is first
 * asked for.
 *
 * @module
 */
import { Refusal } from "../../session/refusal.ts";
import { generate, type GenerateContext } from "../generate.ts";
import type { ClipCache } from "./clip_cache.ts";
import { type Entry, entryOf } from "./entries.ts";
import { readMapQuery } from "./request.ts";
import { STRUDEL_FOLDER, versionOf } from "./sample_map.ts";

/** Its URL says everything that it is made from, so it never changes. */
const FOR_EVER = "max-age=31536000, immutable";

/** What the route needs. */
export interface SampleRoute extends GenerateContext {
  cache: ClipCache;
  version: string;
  file: string;
  /** The query, without an API key. */
  query: URLSearchParams;
}

/**
 * Answers `GET` and `HEAD`.
 *
 * @throws {Refusal} If the request cannot be served.
 */
export async function sample(
  request: Request,
  route: SampleRoute,
): Promise<Response> {
  const { cache, version, file, query } = route;
  const clip = clipQuery(route);
  const name = `${version}/${file}?${query}`;
  const kept = cache.get(name);
  if (kept !== undefined) {
    const length = { "content-length": `${kept.bytes.length}` };
    const body = request.method === "HEAD" ? null : kept.bytes;
    return new Response(body, { headers: { ...kept.headers, ...length } });
  }
  route.access.requireOwnPage(request);
  const { signal, method } = request;
  const url = new URL(`/v1/generate?${clip}`, request.url);
  const made = await generate(new Request(url, { method, signal }), route);
  if (made.status !== 200) return made;
  // What a key was shown for is not for others.
  const whose = route.service.key === null ? "public" : "private";
  made.headers.set("cache-control", `${whose}, ${FOR_EVER}`);
  made.headers.set("cross-origin-resource-policy", "cross-origin");
  if (made.body === null) return made;
  const headers = Object.fromEntries(made.headers);
  const body = cache.keeping(name, made.body, headers);
  return new Response(body, { headers });
}

/** The clip that a sample is. */
function clipQuery(
  { service, version, file, query }: SampleRoute,
): URLSearchParams {
  const { piece, query: clip } = readMapQuery(query);
  const { seed, bpm, model: id, steps } = piece;
  const model = service.models.get(id ?? "");
  if (
    model === undefined || versionOf(model.sha256) !== version ||
    seed === undefined || bpm == null || steps === undefined
  ) {
    throw gone(`${STRUDEL_FOLDER}${version}/${file} is not of this server`);
  }
  const found = entryOf(file, model.manifest.controls.understood);
  if (found === null) throw gone(`There is no sample ${JSON.stringify(file)}`);
  const { entry, n } = found;
  clip.set("seed", `${(seed + n) % 2 ** 32}`);
  if (entry.parts !== null) clip.set("parts", partsText(entry));
  if (entry.beats !== null) {
    clip.set("seconds", `${entry.beats * 60 / bpm}`);
    clip.delete("bars");
    clip.delete("loop");
  }
  return clip;
}

function partsText({ parts }: Entry): string {
  return Object.entries(parts ?? {}).filter(([, plays]) => plays)
    .map(([name]) => name).join(",");
}

function gone(what: string): Refusal {
  const text = `${what}: ask for /v1/strudel.json again`;
  return new Refusal("unknown_model", text);
}
