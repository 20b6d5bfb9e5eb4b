/**
 * Lets requests in, and tells browsers of other sites what they may read.
 *
 * @module
 */
import type { Context, Next } from "hono";
import type { Access } from "./access.ts";

/** What scripts of other sites may send and read. */
const CROSS_ORIGIN = {
  "access-control-allow-methods": "GET, HEAD, POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-expose-headers": "x-seed, x-model, x-bpm, retry-after",
};

/**
 * Middleware of everything that takes a key.
 *
 * @throws {Refusal} `forbidden_origin` or `unauthorized`.
 */
export function guard(access: Access) {
  return async function guarded(
    c: Context,
    next: Next,
  ): Promise<Response | void> {
    const request = c.req.raw;
    const origin = access.crossOrigin(request);
    // A preflight has no key; it only asks what may be sent.
    if (request.method === "OPTIONS" && origin !== null) {
      c.res = new Response(null, { status: 204 });
    } else {
      access.check(request);
      await next();
    }
    if (origin === null || c.res.status === 101) return;
    c.res.headers.set("access-control-allow-origin", origin);
    c.res.headers.append("vary", "origin");
    for (const [name, value] of Object.entries(CROSS_ORIGIN)) {
      c.res.headers.set(name, value);
    }
  };
}
