/**
 * `/v1/listen/{public id}`: a stream that plays, for one more listener.
 *
 * @module
 */
import { listenAsOgg } from "../session/broadcast_ogg.ts";
import type { Service } from "../session/service.ts";
import { MEDIA_TYPES } from "./clip.ts";

/**
 * Answers `GET` and `HEAD`.
 *
 * @param id The public id of the path.
 * @throws {Refusal} `unknown_stream`, or `busy` if there is no place.
 */
export function listenRoute(
  request: Request,
  id: string,
  service: Service,
): Response {
  const { broadcasts, slowLimits, telemetry } = service;
  const broadcast = broadcasts.find(id);
  const { bpm } = broadcast.info;
  const headers = {
    "content-type": MEDIA_TYPES.ogg,
    "cache-control": "no-store",
    "accept-ranges": "none",
    "x-bpm": `${bpm}`,
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const place = broadcasts.enter("http");
  const body = listenAsOgg(broadcast, {
    comments: { BPM: `${bpm}` },
    dropMs: slowLimits.dropMs,
    onBytes: (bytes) => telemetry.bytes.inc({ transport: "http" }, bytes),
    onSkip: () => telemetry.listenerSkips.inc(),
    onEnd: (how) => {
      place[Symbol.dispose]();
      if (how === "dropped") telemetry.listenersDropped.inc();
    },
  });
  return new Response(body, { headers });
}
