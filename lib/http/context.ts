/**
 * `PUT /v1/context`: a user's own clip, for streams to go on from.
 *
 * @module
 */
import * as v from "valibot";
import { checkValue } from "../protocol/check.ts";
import { number, strict } from "../protocol/fields.ts";
import { Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";
import { openingSamples } from "../stream/mod.ts";
import type { ContextDecoder, DecodedClip } from "./context_decoder.ts";
import { cutShort } from "./cut_short.ts";
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
  /** Whose clip it is: a key's name or an address. */
  owner: string;
  /** The query, without an API key. */
  query: URLSearchParams;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

const Query = strict({
  bpm: v.optional(number({
    ...{ min: 40, max: 240 },
    description: "The clip's tempo, in beats a minute.",
  })),
});

/**
 * Answers `PUT /v1/context`.
 *
 * @throws {Refusal} If the clip cannot be used.
 */
export async function putContext(
  request: Request,
  { service, decoder, owner, query, stopping }: ContextRoute,
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
  service.contexts.requireRoom(owner);
  const keepSamples = Math.max(...able.map(openingSamples));
  const signal = AbortSignal.any([request.signal, stopping]);
  let clip: DecodedClip;
  try {
    const limits = { maxBytes: MAX_BYTES, maxMs: MAX_MS };
    const bytes = await readBytes(request, limits);
    clip = await decoder.decode({ bytes, keepSamples, bpm }, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return cutShort(service, stopping);
  }
  const { left, right, samples } = clip;
  const context = {
    audio: { left, right },
    sha256: await digestOf(left, right),
    bpm: clip.bpm,
  };
  const { id, expiresMs } = service.contexts.add(context, owner);
  return Response.json({
    id,
    seconds: samples / SAMPLE_RATE_HZ,
    bpm: clip.bpm,
    expires: new Date(expiresMs).toISOString(),
  }, { status: 201, headers: { "cache-control": "no-store" } });
}

/** Names what music goes on from, for its receipt. */
async function digestOf(...channels: Float32Array[]): Promise<string> {
  const blob = new Blob(channels.map((each) => each.slice()));
  const bytes = await blob.arrayBuffer();
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
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
