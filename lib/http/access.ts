/**
 * Who may use the server: API keys and origins.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { Refusal } from "../session/refusal.ts";

/** Options of {@linkcode Access}. */
export interface AccessOptions {
  /** Keys that are let in; empty = everyone is. */
  apiKeys: readonly string[];
  /** Origins of other sites that are let in; `*` = all. */
  allowedOrigins: readonly string[];
}

/** The rules, and what requests show. */
export class Access {
  readonly #digests: Uint8Array[];
  readonly #origins: readonly string[];

  constructor(options: AccessOptions) {
    this.#digests = options.apiKeys.map(digest);
    this.#origins = options.allowedOrigins;
  }

  /**
   * Lets a request in.
   *
   * @throws {Refusal} `forbidden_origin` or `unauthorized`.
   */
  check(request: Request): void {
    const origin = request.headers.get("origin");
    if (origin !== null && !this.#isAllowed(origin, request)) {
      throw new Refusal(
        "forbidden_origin",
        `Origin "${origin}" may not connect, accepted: the server's own, or one of ALLOWED_ORIGINS`,
      );
    }
    if (this.#digests.length === 0) return;
    const bearer = /^Bearer +(\S+) *$/i
      .exec(request.headers.get("authorization") ?? "");
    const shown = new URL(request.url).searchParams.getAll("key");
    if (bearer) shown.push(bearer[1]!);
    if (shown.some((key) => this.#isKey(key))) return;
    throw new Refusal(
      "unauthorized",
      "The API key is missing or wrong, accepted: Authorization: Bearer, or ?key=",
    );
  }

  /**
   * What is left of a query without the API key. `key` is also the name of the
   * musical key, so what is no API key stays.
   */
  withoutKey(query: URLSearchParams): URLSearchParams {
    if (this.#digests.length === 0) return query;
    const rest = [...query].filter(([name, value]) =>
      name !== "key" || !this.#isKey(value)
    );
    return new URLSearchParams(rest);
  }

  /** The origin that a browser is to be told it may read for, or null. */
  crossOrigin(request: Request): string | null {
    const origin = request.headers.get("origin");
    if (origin === null || isSameOrigin(origin, request)) return null;
    return this.#isAllowed(origin, request) ? origin : null;
  }

  // Every key is compared, in constant time over digests of equal length, so
  // that the time taken tells nothing of the keys.
  #isKey(shown: string): boolean {
    const candidate = digest(shown);
    return this.#digests
      .map((each) => timingSafeEqual(each, candidate))
      .includes(true);
  }

  #isAllowed(origin: string, request: Request): boolean {
    return isSameOrigin(origin, request) || this.#origins.includes(origin) ||
      this.#origins.includes("*");
  }
}

function digest(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}

/** Compares host and port only: behind a proxy the scheme may differ. */
function isSameOrigin(origin: string, request: Request): boolean {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  const scheme = /^https?:/.exec(origin)?.[0];
  const own = `${scheme}//${host}`;
  if (scheme === undefined || !URL.canParse(own)) return false;
  return URL.canParse(origin) && new URL(origin).host === new URL(own).host;
}
