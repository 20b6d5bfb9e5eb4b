/**
 * `PUT /v1/context`: a user's own clip, for streams to go on from.
 *
 * @module
 */
import { checkValue } from "../protocol/check.ts";
import { CONTROL_FIELDS } from "../protocol/controls.ts";
import { strict } from "../protocol/fields.ts";
import { Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";
import { openingSamples } from "../stream/mod.ts";
import type { ContextDecoder } from "./context_decoder.ts";
import { readBytes } from "./read_bytes.ts";

/** Largest file: 30 s of 24-bit stereo at 88.2 kHz just fit. */
const MAX_BYTES = 16 << 20;
/** An upload that takes longer is not waited for, in ms. */
const MAX_MS = 60_000;
const SAMPLE_RATE_HZ = 48_000;

/** What the route needs. */
export interface ContextRoute {
  service: Service;
  decoder: ContextDecoder;
  /** The query, without an API key. */
  query: URLSearchParams;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

const Query = strict({ bpm: CONTROL_FIELDS.bpm });

/**
 * Answers `PUT /v1/context`.
 *
 * @throws {Refusal} If the clip cannot be used.
 */
export async function putContext(
  request: Request,
  { service, decoder, query, stopping }: ContextRoute,
): Promise<Response> {
  const able = [...service.models.values()].filter((model) =>
    model.manifest.encoder !== undefined
  );
  if (able.length === 0) {
    throw new Refusal(
      "unsupported",
      "No model of this server can go on from audio: none has an encoder",
    );
  }
  const bpm = bpmOf(query);
  const bytes = await readBytes(request, {
    maxBytes: MAX_BYTES,
    maxMs: MAX_MS,
  });
  const keepSamples = Math.max(...able.map(openingSamples));
  const signal = AbortSignal.any([request.signal, stopping]);
  const clip = await decoder.decode({ bytes, keepSamples, bpm }, signal);
  const { left, right, samples } = clip;
  const { id, expiresMs } = service.contexts.add({
    audio: { left, right },
    bpm: clip.bpm,
  });
  return Response.json({
    id,
    seconds: samples / SAMPLE_RATE_HZ,
    bpm: clip.bpm,
    expires: new Date(expiresMs).toISOString(),
  }, { status: 201, headers: { "cache-control": "no-store" } });
}

function bpmOf(query: URLSearchParams): number | null {
  const given = Object.fromEntries(
    [...query].map(([name, value]) => [
      name,
      value.trim() !== "" && Number.isFinite(Number(value))
        ? Number(value)
        : value,
    ]),
  );
  const checked = checkValue(Query, given);
  if (checked.ok) return checked.value.bpm ?? null;
  const { code, message, param } = checked.error;
  throw new Refusal(code, message, { ...(param !== undefined && { param }) });
}
