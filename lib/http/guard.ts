/**
 * Lets requests in, and tells browsers of other sites what they may read.
 *
 * @module
 */
import type { Context, Next } from "hono";
import type { Service } from "../session/service.ts";
import type { Access } from "./access.ts";
import { type Grant, grantedService } from "./grant.ts";
import { problemOf } from "./problem.ts";

/** What a guarded route knows of a request. */
export interface Guarded {
  Bindings: {
    /** Where the request comes from. */
    address?: string;
  };
  Variables: {
    /** The service as the holder of the request's key sees it. */
    service: Service;
    /** What its key lets it do; null if no key is needed. */
    grant: Grant | null;
  };
}

/** What scripts of other sites may send and read. */
const CROSS_ORIGIN = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-expose-headers":
    "x-seed, x-model, x-bpm, x-warning, retry-after, etag",
};

/**
 * Middleware of everything that takes a key.
 *
 * @throws {Refusal} `forbidden_origin`, `unauthorized` or `busy`, where no page has to read it.
 */
export function guard(access: Access, service: Service) {
  return async function guarded(
    c: Context<Guarded>,
    next: Next,
  ): Promise<Response | void> {
    const request = c.req.raw;
    const origin = access.crossOrigin(request);
    // A preflight has no key; it only asks what may be sent.
    if (request.method === "OPTIONS" && origin !== null) {
      c.res = new Response(null, { status: 204 });
    } else {
      let grant: Grant | null;
      try {
        grant = access.check(request, c.env?.address);
      } catch (refusal) {
        // A page that may read answers may read this one too.
        if (origin === null) throw refusal;
        return readable(problemOf(refusal, service), origin);
      }
      c.set("grant", grant);
      c.set("service", grant ? grantedService(service, grant) : service);
      await next();
    }
    if (origin === null || c.res.status === 101) return;
    readable(c.res, origin);
  };
}

/** Tells a browser that pages of `origin` may read the response. */
function readable(response: Response, origin: string): Response {
  const { headers } = response;
  headers.set("access-control-allow-origin", origin);
  headers.append("vary", "origin");
  for (const [name, value] of Object.entries(CROSS_ORIGIN)) {
    headers.set(name, value);
  }
  return response;
}
