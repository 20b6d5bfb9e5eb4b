/**
 * The routes of the server. No listening, no environment.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Config } from "./config.ts";
import { Access } from "./http/access.ts";
import { debugRoute } from "./http/debug_route.ts";
import { type Asset, serveAsset } from "./http/assets.ts";
import { Connections, type Meet } from "./http/connections.ts";
import { putContext } from "./http/context.ts";
import { ContextDecoder } from "./http/context_decoder.ts";
import { generate } from "./http/generate.ts";
import { guard, type Guarded } from "./http/guard.ts";
import { type KeyRules, unlimitedKeys } from "./http/keys.ts";
import type { From } from "./http/listen.ts";
import { listenRoute } from "./http/listen_route.ts";
import { problem, problemOf } from "./http/problem.ts";
import { ClipCache } from "./http/strudel/clip_cache.ts";
import { sample } from "./http/strudel/sample.ts";
import { sampleMap, STRUDEL_FOLDER } from "./http/strudel/sample_map.ts";
import type { Engine } from "./inference/engine.ts";
import type { Log } from "./log.ts";
import { Conversation, LYRIA_PATHS } from "./lyria/mod.ts";
import { asyncapi, type DocumentOptions, openapi } from "./protocol/mod.ts";
import { Admission } from "./session/admission.ts";
import { Board } from "./session/board.ts";
import { Broadcasts } from "./session/broadcasts.ts";
import { Contexts } from "./session/contexts.ts";
import { meteredModel } from "./session/metered_model.ts";
import { modelInfos } from "./session/model_info.ts";
import { SLOW_LIMITS, type SlowLimits } from "./session/outbox.ts";
import type { Service } from "./session/service.ts";
import { MemoryStore, type StateStore } from "./session/state_store.ts";
import { atMost } from "./session/wait.ts";
import type { CreateStream } from "./stream/music_stream.ts";
import { Telemetry } from "./telemetry.ts";

/** Version of the server. */
export const VERSION = "0.1.0";

/** What an app is made of. */
export interface AppOptions {
  engine: Engine;
  createStream: CreateStream;
  config:
    & Pick<
      Config,
      | "apiKeys"
      | "allowedOrigins"
      | "maxStreams"
      | "maxStreamsPerConnection"
      | "maxListeners"
    >
    & Partial<Pick<Config, "maxLoad">>;
  /** Keys besides those of the configuration. */
  keys?: readonly KeyRules[];
  /** True if nobody but this machine is to reach the server. */
  loopback?: boolean;
  log: Log;
  /** Files of the live page by path. */
  assets?: ReadonlyMap<string, Asset>;
  /** When a client counts as slow. */
  slowLimits?: SlowLimits;
  /** Where streams are kept that may lose their connection; unless given, in memory. */
  states?: StateStore;
}

/** A server without its socket. */
export interface App {
  /** What is counted. */
  readonly telemetry: Telemetry;
  /** What all its doors share, for doors that are not HTTP. */
  readonly service: Service;
  /** Answers a request. */
  fetch(request: Request, from?: From): Response | Promise<Response>;
  /**
   * Takes on nothing new, lets streams end, and closes every connection.
   *
   * @param deadlineMs When everything is closed at the latest, in ms from now.
   */
  drain(deadlineMs: number): Promise<void>;
}

/** Routes that are counted under their own name. */
const ROUTES = [
  ...["/", "/v1/stream", "/v1/generate", "/v1/models", "/healthz", "/readyz"],
  ...["/metrics", "/asyncapi.json", "/openapi.json", "/debug/streams"],
  ...["/v1/context", "/v1/strudel.json", ...LYRIA_PATHS],
];

/** Methods of routes that take more or others than GET. */
const ALLOWED: Readonly<Record<string, string>> = {
  "/v1/generate": "GET, HEAD, POST",
  "/v1/context": "PUT",
};

/** Methods that are counted by their names. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What the name of a host and a port may be made of (RFC 9110, section 7.2). */
const HOST = /^(\[[\da-f:.]+\]|[\w.~-]*)(:\d*)?$/i;

/** Share of the time to stop that is kept for closing connections. */
const CLOSING_SHARE = 0.05;

/** Longest wait for clients to close their side, in ms. */
const CLOSING_MS = 2000;

/** Makes an app of an engine whose models are warm. */
export function createApp(options: AppOptions): App {
  const { engine, config, assets = new Map<string, Asset>() } = options;
  const { keys = [], loopback = false } = options;
  const { service, admission } = createService(options);
  const access = new Access({
    keys: [...unlimitedKeys(config.apiKeys), ...keys],
    allowedOrigins: config.allowedOrigins,
    loopback,
  });
  const connections = new Connections(service);
  const stopping = new AbortController();
  const context = { access, stopping: stopping.signal };
  const app = new Hono<Guarded>({
    // Google's SDK asks for `//ws/...` where the base URL ends with a slash.
    getPath: (request) => getPath(request).replace(/^\/+/, "/"),
  });

  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    const route = routeOf(c.req.url) ?? "other";
    // Strangers may invent as many as they like.
    const known = METHODS.includes(c.req.raw.method);
    const method = known ? c.req.raw.method : "other";
    const status = c.res.status;
    service.telemetry.requests.inc({ method, route, status });
    service.telemetry.time("http", performance.now() - start);
    // The response of an upgrade cannot be touched.
    if (status !== 101) c.res.headers.set("x-content-type-options", "nosniff");
  });
  app.use((c, next) => {
    access.requireHost(c.req.raw);
    return next();
  });
  app.use("/v1/*", guard(access, service));
  app.use("/debug/*", guard(access, service));
  app.use("/ws/*", guard(access, service));

  app.get("/v1/stream", (c) => {
    admission.requireOpen();
    return connections.upgrade(c.req.raw, c.get("service"));
  });
  app.on("GET", [...LYRIA_PATHS], (c) => {
    admission.requireOpen();
    const meet: Meet = (...peer) => new Conversation(...peer);
    return connections.upgradeOther(c.req.raw, c.get("service"), meet);
  });
  app.on(
    ["GET", "POST"],
    "/v1/generate",
    (c) => {
      const { service, grant } = c.var;
      return generate(c.req.raw, { ...context, service, grant });
    },
  );
  app.get(
    "/v1/listen/:id",
    (c) => listenRoute(c.req.raw, c.req.param("id"), c.get("service")),
  );
  const decoder = new ContextDecoder();
  app.put("/v1/context", (c) => {
    admission.requireOpen();
    const { service, grant } = c.var;
    grant?.require("play");
    const owner = service.key ?? c.env?.address ?? "";
    const query = access.withoutKey(new URL(c.req.url).searchParams);
    const route = { ...context, decoder, owner, query, service };
    return putContext(c.req.raw, route);
  });
  const cache = new ClipCache();
  app.get("/v1/strudel.json", (c) => {
    const { searchParams } = new URL(c.req.url);
    const query = access.withoutKey(searchParams);
    const key = searchParams.getAll("key")
      .find((each) => !query.getAll("key").includes(each)) ?? null;
    const route = { ...context, query, key, service: c.get("service") };
    return sampleMap(c.req.raw, route);
  });
  app.get(`${STRUDEL_FOLDER}:version/:file`, (c) => {
    const query = access.withoutKey(new URL(c.req.url).searchParams);
    const { service, grant } = c.var;
    const route = { ...context, ...c.req.param(), query, cache };
    return sample(c.req.raw, { ...route, service, grant });
  });
  app.get("/debug/streams", debugRoute(engine));
  app.get(
    "/v1/models",
    (c) =>
      c.json({ models: modelInfos(c.get("service").models, engine.provider) }),
  );
  app.get("/healthz", (c) => c.json({ status: "alive" }));
  app.get("/readyz", (c) => {
    admission.requireReady();
    return c.json({ status: "ready" });
  });
  app.get("/metrics", async (c) => {
    const { registry } = service.telemetry;
    const text = await registry.metrics();
    return c.body(text, 200, { "content-type": registry.contentType });
  });
  app.get("/asyncapi.json", (c) => c.json(asyncapi(documented(c))));
  app.get("/openapi.json", (c) => c.json(openapi(documented(c))));
  for (const [path, asset] of assets) {
    app.get(path, (c) => serveAsset(asset, c.req.raw));
  }
  app.notFound(({ req }) => notFound(req.raw));
  app.onError((thrown) => problemOf(thrown, service));

  async function drain(deadlineMs: number): Promise<void> {
    const empty = admission.close();
    const gone = connections.drain(deadlineMs);
    const playingMs = deadlineMs * (1 - CLOSING_SHARE);
    await atMost(playingMs, Promise.all([empty, gone]));
    stopping.abort(new DOMException("The server is stopping", "AbortError"));
    connections.stop();
    await atMost(CLOSING_MS, gone);
  }

  return {
    telemetry: service.telemetry,
    service,
    async fetch(request, from) {
      // What else it holds would become part of the path.
      const isHost = HOST.test(request.headers.get("host") ?? "");
      if (!isHost || !URL.canParse(request.url)) return noHost();
      return withoutBody(request, await app.fetch(request, from));
    },
    drain,
  };
}

function createService(
  options: AppOptions,
): { service: Service; admission: Admission } {
  const { engine, config, createStream, log } = options;
  const telemetry = new Telemetry(engine);
  const models = [...engine.models].map(([id, model]) =>
    [id, meteredModel(model, telemetry)] as const
  );
  const { maxStreams, maxLoad } = config;
  const admission = new Admission(maxStreams, {
    mostLoad: maxLoad === undefined ? undefined : maxLoad / 100,
    obstacle: () => engine.obstacle ?? null,
    onChange: (transport, change) =>
      telemetry.streams.inc({ transport }, change),
  });
  telemetry.showLoad(() => admission.load);
  const service: Service = {
    server: { name: "prestissimo", version: VERSION },
    provider: engine.provider,
    models: new Map(models),
    createStream,
    admission,
    broadcasts: new Broadcasts({
      places: config.maxListeners,
      onChange: (transport, change) =>
        telemetry.listeners.inc({ transport }, change),
    }),
    board: new Board(),
    contexts: new Contexts(),
    states: options.states ?? new MemoryStore(),
    key: null,
    maxStreamsPerConnection: config.maxStreamsPerConnection,
    slowLimits: options.slowLimits ?? SLOW_LIMITS,
    telemetry,
    log,
  };
  return { service, admission };
}

/** The answer to a request whose Host no URL could have: what it asks for cannot be told either. */
function noHost(): Response {
  const detail = "Host is not the name of a host, accepted: name or name:port";
  return problem({ code: "bad_message", status: 400, detail });
}

/** An answer to HEAD: where the length is not known it must not be said to be 0. */
function withoutBody({ method }: Request, response: Response): Response {
  const { headers, status } = response;
  if (method !== "HEAD" || headers.has("content-length")) return response;
  return new Response(ReadableStream.from([]), { status, headers });
}

/** Where the documents say that the server is: where they were asked for. */
function documented({ req }: Context): DocumentOptions {
  const { host, protocol } = new URL(req.url);
  return { host, secure: protocol === "https:", version: VERSION };
}

/** The pattern of the route that a URL names, or null. */
function routeOf(url: string): string | null {
  const pathname = new URL(url).pathname.replace(/^\/+/, "/");
  if (/^\/v1\/listen\/[^/]+$/.test(pathname)) return "/v1/listen/{id}";
  if (/^\/v1\/strudel\/[^/]+\/[^/]+$/.test(pathname)) {
    return "/v1/strudel/{version}/{file}";
  }
  return ROUTES.includes(pathname) ? pathname : null;
}

function notFound({ method, url }: Request): Response {
  const { pathname } = new URL(url);
  const allow = ALLOWED[pathname] ?? "GET, HEAD";
  // The router takes a path as it is written, and there may be dots in it.
  if (routeOf(url) === null || allow.split(", ").includes(method)) {
    const detail = `There is nothing at ${pathname}`;
    return problem({ code: "unsupported", status: 404, detail });
  }
  const detail = `${pathname} does not take ${method}, accepted: ${allow}`;
  const headers = { allow };
  return problem({ code: "unsupported", status: 405, detail, headers });
}
