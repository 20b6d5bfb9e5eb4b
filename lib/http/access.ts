/**
 * Who may use the server: API keys, origins and names of the host.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { parseKey } from "../protocol/harmony.ts";
import { Refusal } from "../session/refusal.ts";
import { Attempts } from "./attempts.ts";
import { Grant } from "./grant.ts";
import { digestOf, type KeyRules } from "./keys.ts";

/** Options of {@linkcode Access}. */
export interface AccessOptions {
  /** Keys that are let in; empty = everyone is. */
  keys: readonly KeyRules[];
  /** Origins of other sites that are let in; `*` = all. */
  allowedOrigins: readonly string[];
  /** True if only this machine can reach the server. */
  loopback?: boolean;
}

/** Keys that one request may show; more are guesses. */
const MOST_SHOWN = 4;

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The rules, and what requests show. */
export class Access {
  readonly #grants: readonly Grant[];
  readonly #origins: readonly string[];
  readonly #loopback: boolean;
  readonly #attempts = new Attempts();

  constructor(options: AccessOptions) {
    this.#grants = options.keys.map((rules) => new Grant(rules));
    this.#origins = options.allowedOrigins;
    // A key is what a page that was led here does not have.
    this.#loopback = options.loopback === true && options.keys.length === 0;
  }

  /**
   * Lets a request in.
   *
   * @param address Where it comes from: wrong keys are counted by it.
   * @returns What its key lets it do, or null if no key is needed.
   * @throws {Refusal} `forbidden_origin`, `unauthorized`, or `busy` if the
   * address has shown too many wrong keys.
   */
  check(request: Request, address = ""): Grant | null {
    const origin = request.headers.get("origin");
    if (origin !== null && !this.#isAllowed(origin, request)) {
      throw new Refusal(
        "forbidden_origin",
        `Origin "${origin}" may not connect, accepted: the server's own, or one of ALLOWED_ORIGINS`,
      );
    }
    if (this.#grants.length === 0) return null;
    this.#attempts.require(address);
    const bearer = /^Bearer +(\S+) *$/i
      .exec(request.headers.get("authorization") ?? "");
    const shown = new URL(request.url).searchParams.getAll("key");
    if (bearer) shown.push(bearer[1]!);
    // Where Google's Python SDK has it.
    const google = request.headers.get("x-goog-api-key");
    if (google) shown.push(google);
    const grants = shown.slice(0, MOST_SHOWN).filter((each) => each !== "")
      .map((key) => [key, this.#grantOf(key)] as const);
    // A wrong one beside the right one is a guess as well, but for a musical key.
    const wrong = shown.length > MOST_SHOWN ||
      grants.some(([key, grant]) => grant === null && !isMusicalKey(key));
    if (wrong) this.#attempts.fail(address);
    const found = grants.find(([, grant]) => grant !== null);
    if (found && shown.length <= MOST_SHOWN) return found[1];
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
    if (this.#grants.length === 0) return query;
    const rest = [...query].filter(([name, value]) =>
      name !== "key" || this.#grantOf(value) === null
    );
    return new URLSearchParams(rest);
  }

  /**
   * Refuses work to what a page of another site shows or plays: of `<audio>` and
   * its like a browser tells no origin. A key is what such a page does not have.
   *
   * @throws {Refusal} `forbidden_origin`.
   */
  requireOwnPage({ headers }: Request): void {
    if (this.#grants.length > 0) return;
    if (headers.get("sec-fetch-site") !== "cross-site") return;
    // One that was fetched with an origin has been looked at; a link is followed by a person.
    if (headers.has("origin")) return;
    if (headers.get("sec-fetch-dest") === "document") return;
    const page = headers.get("referer") ?? "";
    const origin = URL.canParse(page) ? new URL(page).origin : "";
    if (this.#origins.some((each) => each === "*" || each === origin)) return;
    throw new Refusal(
      "forbidden_origin",
      "A page of another site may not have music made, accepted: one of ALLOWED_ORIGINS",
    );
  }

  /** The origin that a browser is to be told it may read for, or null. */
  crossOrigin(request: Request): string | null {
    const origin = request.headers.get("origin");
    if (origin === null || isSameOrigin(origin, request)) return null;
    return this.#isAllowed(origin, request) ? origin : null;
  }

  // Every key is compared, in constant time over digests of equal length, so
  // that the time taken tells nothing of the keys.
  #grantOf(shown: string): Grant | null {
    const candidate = digestOf(shown);
    return this.#grants
      .filter(({ rules }) => timingSafeEqual(rules.digest, candidate))
      .at(0) ?? null;
  }

  /**
   * Answers to the machine's own names only, if nothing else can reach it: a page
   * of another site whose name was made to lead here would pass for the server's.
   *
   * @throws {Refusal} `forbidden_origin`.
   */
  requireHost(request: Request): void {
    if (!this.#loopback) return;
    const host = hostOf(request);
    const url = `http://${host}`;
    const name = URL.canParse(url) ? new URL(url).hostname : host;
    const known = this.#origins.some((origin) =>
      origin === "*" || new URL(origin).hostname === name
    );
    if (known || LOOPBACK_HOST.test(name)) return;
    throw new Refusal(
      "forbidden_origin",
      `Host "${host}" is not this machine, accepted: localhost, 127.0.0.1, [::1], or the host of one of ALLOWED_ORIGINS`,
    );
  }

  #isAllowed(origin: string, request: Request): boolean {
    return isSameOrigin(origin, request) || this.#origins.includes(origin) ||
      this.#origins.includes("*");
  }
}

/** `key` is also the name of the musical key. */
function isMusicalKey(text: string): boolean {
  try {
    parseKey(text);
    return true;
  } catch {
    return false;
  }
}

/** The host that a request is for; HTTP/2 has it in the URL. */
function hostOf({ headers, url }: Request): string {
  return headers.get("host") ?? new URL(url).host;
}

/** Compares host and port only: behind a proxy the scheme may differ. */
function isSameOrigin(origin: string, request: Request): boolean {
  const host = hostOf(request);
  const scheme = /^https?:/.exec(origin)?.[0];
  const own = `${scheme}//${host}`;
  if (scheme === undefined || !URL.canParse(own)) return false;
  return URL.canParse(origin) && new URL(origin).host === new URL(own).host;
}
