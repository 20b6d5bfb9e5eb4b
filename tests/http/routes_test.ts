import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as v from "valibot";
import { loadAssets } from "../../lib/http/assets.ts";
import { ModelList, Problem } from "../../lib/protocol/mod.ts";
import { start, startServer, TestClient } from "../session/test_server.ts";

async function problemOf(response: Response) {
  const type = response.headers.get("content-type");
  assertEquals(type, "application/problem+json");
  const body = v.parse(Problem, await response.json());
  assertEquals(body.status, response.status);
  return body;
}

Deno.test("a plain GET of the WebSocket answers 426", async () => {
  await using server = startServer();
  const response = await fetch(`${server.url}/v1/stream`);
  assertEquals(response.status, 426);
  assertEquals(response.headers.get("upgrade"), "websocket");
  await problemOf(response);
});

Deno.test("subprotocols: known, unknown, both, none", async () => {
  await using server = startServer();
  for (
    const [offered, selected] of [
      [["prestissimo.v1"], "prestissimo.v1"],
      [["other.v1", "prestissimo.v1"], "prestissimo.v1"],
      [[], ""],
    ] as const
  ) {
    await using client = new TestClient(server.wsUrl, [...offered]);
    await client.next("hello");
    assertEquals(client.socket.protocol, selected);
  }
  const { status, head } = await rawUpgrade(server.port, {
    "sec-websocket-protocol": "prestissimo.v9, other",
  });
  assertEquals(status, 400);
  assertStringIncludes(head, "application/problem+json");
});

/** A handshake with headers that a browser would not let a page set. */
async function rawUpgrade(port: number, headers: Record<string, string>) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    upgrade: "websocket",
    connection: "upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET /v1/stream HTTP/1.1\r\n${lines.join("")}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(4096);
  const count = await connection.read(bytes);
  const head = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  return { head, status: Number(head.split(" ")[1]) };
}

Deno.test("an origin may connect if it is the server's own or allowed", async () => {
  const config = { allowedOrigins: ["https://friend.example"] };
  await using server = startServer({ config });
  for (
    const [origin, status] of [
      [`http://127.0.0.1:${server.port}`, 101],
      [`https://127.0.0.1:${server.port}`, 101],
      ["https://friend.example", 101],
      ["https://friend.example.evil", 403],
      [`http://127.0.0.1:${server.port + 1}`, 403],
      ["null", 403],
    ] as const
  ) {
    const answer = await rawUpgrade(server.port, { origin });
    assertEquals(answer.status, status, origin);
    if (status === 403) assertStringIncludes(answer.head, "forbidden_origin");
  }
});

Deno.test("scripts of an allowed origin may read what is answered", async () => {
  const origin = "https://friend.example";
  await using server = startServer({ config: { allowedOrigins: [origin] } });
  const headers = { origin };
  const models = await fetch(`${server.url}/v1/models`, { headers });
  assertEquals(models.headers.get("access-control-allow-origin"), origin);
  await models.body?.cancel();
  const preflight = await fetch(`${server.url}/v1/generate`, {
    method: "OPTIONS",
    headers,
  });
  assertEquals(preflight.status, 204);
  assertStringIncludes(
    preflight.headers.get("access-control-allow-headers")!,
    "authorization",
  );
  const other = await fetch(`${server.url}/v1/models`, {
    headers: { origin: "https://evil.example" },
  });
  assertEquals((await problemOf(other)).code, "forbidden_origin");
});

Deno.test("API keys open /v1 by header or query, and nothing else", async () => {
  const config = { apiKeys: ["first", "sesame"] };
  await using server = startServer({ config });
  const status = async (path: string, authorization?: string) => {
    const headers = new Headers(authorization ? { authorization } : {});
    const response = await fetch(server.url + path, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status("/v1/models"), 401);
  assertEquals(await status("/v1/models", "Bearer sesam"), 401);
  assertEquals(await status("/v1/models", "Basic sesame"), 401);
  assertEquals(await status("/v1/models?key=nope"), 401);
  assertEquals(await status("/v1/models", "Bearer sesame"), 200);
  assertEquals(await status("/v1/models", "bearer first"), 200);
  assertEquals(await status("/v1/models?key=sesame"), 200);
  assertEquals(await status("/healthz"), 200);

  const refused = await fetch(`${server.url}/v1/models`);
  assertEquals(refused.headers.get("www-authenticate"), "Bearer");
  assertEquals((await problemOf(refused)).code, "unauthorized");

  assertEquals((await rawUpgrade(server.port, {})).status, 401);
  await using client = new TestClient(`${server.wsUrl}?key=sesame`);
  await client.next("hello");

  // `key` is also the musical key.
  const query = "prompt=x&seconds=0.1&format=pcm_s16le&key=A+minor";
  assertEquals(await status(`/v1/generate?${query}`), 401);
  assertEquals(await status(`/v1/generate?${query}&key=sesame`), 200);
  assertEquals(await status(`/v1/generate?${query}`, "Bearer sesame"), 200);
  assert(!server.lines.join("").includes("sesame"));
});

Deno.test("models, health and documents", async () => {
  await using server = startServer();
  const get = async (path: string) => {
    const response = await fetch(server.url + path);
    assertEquals(response.status, 200, path);
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    return await response.json();
  };
  const { models } = v.parse(ModelList, await get("/v1/models"));
  assertEquals(models[0]!.steps, { default: 2, max: 4 });
  assertEquals(models[0]!.block_frames, [8, 16]);
  await get("/healthz");
  await get("/readyz");
  assertEquals((await get("/asyncapi.json")).asyncapi.slice(0, 2), "3.");
  assertEquals((await get("/openapi.json")).openapi.slice(0, 3), "3.1");
});

Deno.test("metrics count what was played", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start());
  await client.next("done");
  client.send(start({ duration: null }));
  await client.next("frame");
  const response = await fetch(`${server.url}/metrics`);
  assertStringIncludes(response.headers.get("content-type")!, "text/plain");
  const text = await response.text();
  for (
    const line of [
      "prestissimo_sessions 1",
      'prestissimo_streams{transport="websocket"} 1',
      'prestissimo_streams_started_total{transport="websocket"} 2',
      "prestissimo_first_packet_seconds_count 2",
      "prestissimo_queue_depth 0",
    ]
  ) assertStringIncludes(text, `${line}\n`);
  for (const name of ["step", "decode", "encode", "queue", "prompt", "http"]) {
    assertStringIncludes(text, `prestissimo_${name}_seconds_bucket`);
  }
  assertStringIncludes(text, "prestissimo_sent_bytes_total");
});

Deno.test("unknown paths and methods are problems", async () => {
  await using server = startServer();
  for (const path of ["/nothing", "/web/dist/../main.ts", "/web/", "/v1/"]) {
    const response = await fetch(server.url + path);
    assertEquals(response.status, 404);
    await problemOf(response);
  }
  const response = await fetch(`${server.url}/v1/models`, { method: "PUT" });
  assertEquals(response.status, 405);
  assertEquals(response.headers.get("allow"), "GET, HEAD");
  await problemOf(response);
});

Deno.test("the page's files are served with their types and a policy", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/dist`);
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html>");
    await Deno.writeTextFile(`${folder}/secret.html`, "no");
    await Deno.writeTextFile(`${folder}/dist/app.js`, "1");
    await Deno.writeTextFile(`${folder}/dist/notes.txt`, "no");
    const assets = await loadAssets(new URL(`file://${folder}/`));
    assertEquals([...assets.keys()], ["/", "/web/dist/app.js"]);
    await using server = startServer({ assets });
    const page = await fetch(server.url);
    assertEquals(await page.text(), "<!doctype html>");
    const { headers } = page;
    assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    const policy = headers.get("content-security-policy")!;
    assertStringIncludes(policy, "default-src 'self'");

    const script = await fetch(`${server.url}/web/dist/app.js`);
    assertEquals(await script.text(), "1");
    assertStringIncludes(script.headers.get("content-type")!, "javascript");
    const again = await fetch(`${server.url}/web/dist/app.js`, {
      headers: { "if-none-match": script.headers.get("etag")! },
    });
    assertEquals(again.status, 304);
    for (const path of ["/secret.html", "/web/dist/notes.txt"]) {
      const response = await fetch(server.url + path);
      assertEquals(response.status, 404);
      await response.body?.cancel();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("HEAD answers as GET does, without a body", async () => {
  await using server = startServer();
  for (const path of ["/healthz", "/v1/models", "/metrics", "/openapi.json"]) {
    const response = await fetch(server.url + path, { method: "HEAD" });
    assertEquals([response.status, await response.text()], [200, ""]);
  }
});
