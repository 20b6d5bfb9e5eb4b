/**
 * The files of the live page.
 *
 * @module
 */

/** One file as it is served. */
export interface Asset {
  body: Uint8Array<ArrayBuffer>;
  type: string;
  etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  woff2: "font/woff2",
};

/** What the page may do: everything of its own, nothing of others. */
const POLICY = [
  "default-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Reads the page's files once, so that no request can name one: `index.html`
 * is served at `/`, `style.css` and everything in `dist` under `/web/`.
 *
 * @param folder The folder of the page, with a slash at its end.
 * @returns Files by path; those that do not exist are left out.
 */
export async function loadAssets(
  folder: URL,
): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  const files = [["/", "index.html"], ["/web/style.css", "style.css"]];
  for (const name of await listFiles(new URL("dist/", folder))) {
    files.push([`/web/dist/${name}`, `dist/${name}`]);
  }
  for (const [path, name] of files) {
    const type = TYPES[name!.split(".").at(-1)!];
    const body = type && await readFile(new URL(name!, folder));
    if (body) assets.set(path!, { body, type, etag: await etagOf(body) });
  }
  return assets;
}

/** Answers a request for a file. */
export function serveAsset(asset: Asset, request: Request): Response {
  const headers = {
    "content-type": asset.type,
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    // Together these give the page precise timers and shared memory.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    // The client library may be imported by pages of other sites.
    "cross-origin-resource-policy": "cross-origin",
    "access-control-allow-origin": "*",
    "cache-control": "no-cache",
    "etag": asset.etag,
  };
  // A proxy that compresses makes a tag weak.
  const known = (request.headers.get("if-none-match") ?? "").split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""));
  return known.includes(asset.etag) || known.includes("*")
    ? new Response(null, { status: 304, headers })
    : new Response(asset.body, { headers });
}

async function listFiles(folder: URL): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await Deno.readFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function etagOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `"${new Uint8Array(digest, 0, 12).toHex()}"`;
}
