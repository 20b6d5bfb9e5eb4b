/**
 * `/v1/generate`: one piece as a streaming body.
 *
 * @module
 */
import {
  type CheckResult,
  type GenerateRequest,
  LIMITS,
  parseGenerateBody,
  parseGenerateQuery,
} from "../protocol/mod.ts";
import type { WaitsFor } from "../session/board.ts";
import { openStream } from "../session/open_stream.ts";
import { demandOf, resolvePiece } from "../session/piece.ts";
import { incidentId, Refusal } from "../session/refusal.ts";
import type { Service } from "../session/service.ts";
import type { MusicStream, StreamOptions } from "../stream/music_stream.ts";
import { StreamTrace } from "../tracing.ts";
import type { Access } from "./access.ts";
import { clip, clipBytes, MEDIA_TYPES } from "./clip.ts";
import { cutShort } from "./cut_short.ts";
import type { Grant } from "./grant.ts";
import { readText } from "./read_text.ts";
import { streamingBody } from "./streaming_body.ts";

/** Length unless said, in seconds: an HTTP client wants a file that ends. */
const DEFAULT_SECONDS = 10;

/** What the route needs. */
export interface GenerateContext {
  service: Service;
  access: Access;
  /** What the request's key lets it do; null if no key is needed. */
  grant: Grant | null;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/**
 * Answers `GET`, `HEAD` and `POST /v1/generate`.
 *
 * @throws {Refusal} If the request cannot be served.
 */
export async function generate(
  request: Request,
  context: GenerateContext,
): Promise<Response> {
  const receivedMs = performance.now();
  const { service, access, grant, stopping } = context;
  access.requireOwnPage(request);
  const wanted = await readRequest(request, access);
  const piece = resolvePiece(wanted, service);
  piece.duration ??= { seconds: DEFAULT_SECONDS };
  const place = service.admission.enter("http", demandOf(piece));
  const waits: { for: WaitsFor } = { for: "prompt" };
  const about = { key: service.key, model: piece.model.manifest.id };
  const onBoard = service.board.add(() => ({
    ...about,
    ...{ stream: null, session: null, transport: "http" },
    waits_for: waits.for,
    ...{ last_seq: -1, next_sample: 0, ahead_ms: null },
    ...{ public_id: null, listeners: 0 },
    age_ms: performance.now() - receivedMs,
  }));
  const trace = StreamTrace.start({ "stream.id": `http-${incidentId()}` });
  piece.model = trace?.model(piece.model) ?? piece.model;
  const leave = (how: string) => {
    trace?.end(how);
    onBoard[Symbol.dispose]();
    place[Symbol.dispose]();
  };
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, request.signal, stopping]);
  try {
    const stream = await openStream(service.createStream, piece, signal);
    requireMinutes(grant, stream);
    const headers = headersOf(stream, piece, wanted);
    if (request.method === "HEAD") {
      stream.cancel();
      leave("head");
      return new Response(null, { headers });
    }
    service.telemetry.started.inc({ transport: "http" });
    const { telemetry } = service;
    const chunks = clip({
      ...wanted,
      stream,
      receivedMs,
      signal,
      telemetry,
      trace,
      comments: commentsOf(stream, piece),
    });
    // What fails before the first audio can still be told as a problem.
    waits.for = "music";
    const first = await chunks.next();
    waits.for = "client";
    telemetry.time("firstPacket", performance.now() - receivedMs);
    const body = streamingBody(first, chunks, {
      signal,
      service,
      onCancel: () => abort.abort(new DOMException("Gone", "AbortError")),
      onWait: (waitsFor) => waits.for = waitsFor,
      onEnd: () => leave(signal.aborted ? "cancelled" : "done"),
    });
    return new Response(body, { headers });
  } catch (thrown) {
    leave("fault");
    if (!signal.aborted) throw thrown;
    return cutShort(service, stopping);
  }
}

/** The length is told before the first byte: the key has to have the minutes for all of it. */
function requireMinutes(grant: Grant | null, stream: MusicStream): void {
  try {
    grant?.requireMinutes(stream.totalSamples ?? 1);
  } catch (refusal) {
    stream.cancel();
    throw refusal;
  }
}

async function readRequest(
  request: Request,
  access: Access,
): Promise<GenerateRequest> {
  let checked: CheckResult<GenerateRequest>;
  if (request.method === "POST") {
    const text = await readText(request, LIMITS.message_bytes);
    checked = parseGenerateBody(text);
  } else {
    const query = new URL(request.url).searchParams;
    checked = parseGenerateQuery(access.withoutKey(query));
  }
  if (checked.ok) return checked.value;
  const { code, message, param } = checked.error;
  throw new Refusal(code, message, { ...(param !== undefined && { param }) });
}

function headersOf(
  stream: MusicStream,
  piece: StreamOptions,
  { format: { container }, loop }: GenerateRequest,
): Headers {
  const length = clipBytes(container, stream.totalSamples, loop);
  return new Headers({
    "content-type": MEDIA_TYPES[container],
    "cache-control": "no-store",
    "x-seed": `${stream.seed}`,
    "x-model": piece.model.manifest.id,
    "x-bpm": `${stream.bpm}`,
    ...(length !== null && { "content-length": `${length}` }),
    ...unheeded(stream, piece),
  });
}

/** What a WebSocket's client is warned of: what the model makes nothing of. */
function unheeded(
  stream: MusicStream,
  { controls }: StreamOptions,
): Record<string, string> {
  const ignored = stream.ignoredControls(controls)
    .map((name) => `control_ignored ${name}`);
  const words = stream.notUnderstood(controls)
    .map(() => "prompt_not_understood");
  const warnings = [...ignored, ...words];
  return warnings.length === 0 ? {} : { "x-warning": warnings.join(", ") };
}

function commentsOf(
  stream: MusicStream,
  piece: StreamOptions,
): Record<string, string> {
  const texts = (stream.controls.prompts ?? []).map(({ text }) => text);
  return {
    TITLE: texts.join(" + "),
    BPM: `${stream.bpm}`,
    SEED: `${stream.seed}`,
    MODEL: piece.model.manifest.id,
  };
}
