import { assert, assertEquals, assertThrows } from "@std/assert";
import { Attempts } from "../../lib/http/attempts.ts";
import { Grant } from "../../lib/http/grant.ts";
import { digestOf, parseKeys } from "../../lib/http/keys.ts";
import { Refusal } from "../../lib/session/refusal.ts";
import { start, startServer, TestClient } from "../session/test_server.ts";

const HEX = digestOf("sesame").toHex();

function keysOf(entry: Record<string, unknown>) {
  const text = JSON.stringify({ keys: [{ name: "a", sha256: HEX, ...entry }] });
  return parseKeys(text, "keys.json");
}

Deno.test("parseKeys() reads everything that a key may do", () => {
  const [key] = keysOf({
    scopes: ["listen"],
    max_streams: 2,
    minutes_per_day: 60,
    models: ["pocket"],
  });
  assertEquals(key, {
    name: "a",
    digest: new Uint8Array(digestOf("sesame")),
    scopes: ["listen"],
    maxStreams: 2,
    minutesPerDay: 60,
    models: ["pocket"],
  });
  const [plain] = keysOf({});
  assertEquals([plain!.scopes, plain!.maxStreams], [["play", "listen"], null]);
});

for (
  const [entry, message] of [
    [{ scopes: ["fly"] }, 'keys[0].scopes[0] is "fly"'],
    [{ scopes: [] }, "at least one scope"],
    [{ max_streams: 0 }, "keys[0].max_streams is 0"],
    [{ minutes: 5 }, '"minutes" is not a known field'],
    [{ name: "a b" }, "keys[0].name"],
    [{ sha256: "my secret key" }, "keys[0].sha256 is not 64 hexadecimal"],
  ] as [Record<string, unknown>, string][]
) {
  Deno.test(`parseKeys() refuses ${JSON.stringify(entry)}`, () => {
    const error = assertThrows(() => keysOf(entry), TypeError, message);
    assert(!error.message.includes("secret"));
  });
}

Deno.test("parseKeys() refuses what is no file of keys, and twins", () => {
  for (const text of ["", "[]", "{}", '{"keys":[]}', "{nope"]) {
    assertThrows(() => parseKeys(text, "keys.json"), TypeError, "keys.json");
  }
  const twins = [{ name: "a", sha256: HEX }, { name: "b", sha256: HEX }];
  assertThrows(
    () => parseKeys(JSON.stringify({ keys: twins }), "f"),
    TypeError,
    "two keys",
  );
});

Deno.test("Grant counts minutes over 24 hours and gives them back", () => {
  let nowMs = 1e12;
  const [rules] = keysOf({ minutes_per_day: 2 });
  const grant = new Grant(rules!, () => nowMs);
  grant.spend(60 * 48_000);
  nowMs += 12 * 3_600_000;
  grant.spend(60 * 48_000);
  const { details } = assertThrows(() => grant.enter(), Refusal, "used up");
  assert(details.retryAfterMs! <= 12 * 3_600_000 && details.retryAfterMs! > 0);
  nowMs += details.retryAfterMs!;
  grant.enter()[Symbol.dispose]();
  grant.spend(60 * 48_000);
  assertThrows(() => grant.enter(), Refusal, "used up");
});

Deno.test("Attempts slows down an address that tries keys", () => {
  const attempts = new Attempts();
  for (let i = 0; i < 20; i++) {
    attempts.require("a", i);
    attempts.fail("a", i);
  }
  const { details } = assertThrows(() => attempts.require("a", 30), Refusal);
  assertEquals(details, { retryAfterMs: 59_970, status: 429 });
  attempts.require("b", 30);
  attempts.require("a", 60_001);
  for (let i = 0; i < 30_000; i++) attempts.fail(`x${i}`);
});

/** A server with one key "sesame" of these rules. */
function guarded(entry: Record<string, unknown>) {
  return startServer({ keys: keysOf(entry) });
}

const headers = { authorization: "Bearer sesame" };

Deno.test("a key's streams are counted over all its connections", async () => {
  await using server = guarded({ max_streams: 1 });
  const url = `${server.wsUrl}?key=sesame`;
  await using first = new TestClient(url);
  await using second = new TestClient(url);
  first.send(start({ duration: null }));
  await first.next("started");
  second.send(start());
  assertEquals((await second.next("error")).code, "too_many_streams");
  const clip = await fetch(`${server.url}/v1/generate?prompt=x`, { headers });
  assertEquals([clip.status, (await clip.json()).code], [
    429,
    "too_many_streams",
  ]);
  first.send({ type: "cancel", stream: "a" });
  await first.next("cancelled");
  second.send(start());
  await second.next("done");
});

Deno.test("a key whose minutes run out loses its stream with a reason", async () => {
  await using server = guarded({ minutes_per_day: 1 });
  await using client = new TestClient(`${server.wsUrl}?key=sesame`);
  client.send(start({ duration: { seconds: 90 } }));
  const error = await client.next("error");
  assertEquals([error.code, error.stream], ["busy", "a"]);
  assert(error.retry_after_ms! > 0);
  await client.next("cancelled");
  const clip = await fetch(`${server.url}/v1/generate?prompt=x`, { headers });
  assertEquals(clip.status, 503);
  await clip.body?.cancel();
});

Deno.test("a clip that is longer than a key's minutes is refused before it begins", async () => {
  await using server = guarded({ minutes_per_day: 1 });
  const ask = async (seconds: number) => {
    const query = `prompt=x&format=pcm_s16le&seconds=${seconds}`;
    const url = `${server.url}/v1/generate?${query}`;
    const response = await fetch(url, { headers });
    return [response.status, (await response.bytes()).length];
  };
  assertEquals((await ask(61))[0], 503);
  assertEquals(await ask(45), [200, 45 * 192_000]);
  assertEquals((await ask(16))[0], 503);
  assertEquals(await ask(15), [200, 15 * 192_000]);
  assertEquals((await ask(1))[0], 503);
  assertEquals(server.lines, []);
});

Deno.test("a page of an allowed site may read why it was refused", async () => {
  await using server = startServer({
    config: { apiKeys: ["sesame"], allowedOrigins: ["https://friend.example"] },
  });
  for (const [origin, shown] of [["friend", true], ["evil", false]] as const) {
    const from = `https://${origin}.example`;
    const response = await fetch(`${server.url}/v1/models`, {
      headers: { origin: from },
    });
    await response.body?.cancel();
    assertEquals(response.status, shown ? 401 : 403);
    const allowed = response.headers.get("access-control-allow-origin");
    assertEquals(allowed, shown ? from : null);
  }
});

Deno.test("what a page of another site shows has no music made", async () => {
  await using server = startServer({
    config: { allowedOrigins: ["https://friend.example"] },
  });
  const ask = async (path: string, headers: Record<string, string>) => {
    const response = await raw(server.port, path, {
      host: "localhost",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
      ...headers,
    });
    return Number(response.split(" ")[1]);
  };
  const clip = "/v1/generate?prompt=x&seconds=0.1";
  const audio = { "sec-fetch-dest": "audio" };
  assertEquals(await ask(clip, audio), 403);
  const map = await fetch(`${server.url}/v1/strudel.json?prompt=x`);
  const { _base, presto: [file] } = await map.json();
  const { pathname, search } = new URL(file, _base);
  const sample = pathname + search;
  assertEquals(await ask(sample, audio), 403);
  const page = (referer: string) => ({ ...audio, referer });
  assertEquals(await ask(clip, page("https://evil.example/x")), 403);
  assertEquals(await ask(clip, page("https://friend.example/x")), 200);
  // A link that somebody follows, and the page's own player.
  assertEquals(await ask(clip, { "sec-fetch-dest": "document" }), 200);
  assertEquals(
    await ask(clip, { ...audio, "sec-fetch-site": "same-origin" }),
    200,
  );
});

Deno.test("a Host that no URL can have is the client's mistake, and nothing is logged", async () => {
  await using server = startServer({ config: { apiKeys: ["sesame"] } });
  for (const host of ["a b", "localhost:99999", "%"]) {
    for (const path of ["/healthz", "/v1/models?key=sesame"]) {
      const response = await raw(server.port, path, { host });
      assertEquals(response.split(" ")[1], "400", `${host} ${response}`);
    }
  }
  assertEquals(server.lines, []);
});

/** Asks with headers that `fetch` would not send; returns the beginning of the answer. */
async function raw(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<string> {
  const connection = await Deno.connect({ port });
  const lines = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const request = `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(1024);
  const count = await connection.read(bytes);
  connection.close();
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}

Deno.test("a key sees and plays only its models", async () => {
  await using server = guarded({ models: ["other"] });
  await using client = new TestClient(`${server.wsUrl}?key=sesame`);
  assertEquals((await client.next("hello")).models, []);
  client.send(start());
  assertEquals((await client.next("error")).code, "unknown_model");
  const models = await fetch(`${server.url}/v1/models`, { headers });
  assertEquals(await models.json(), { models: [] });
});

Deno.test("scopes: a listener cannot play, a player cannot debug", async () => {
  await using server = guarded({ scopes: ["listen"] });
  await using client = new TestClient(`${server.wsUrl}?key=sesame`);
  client.send(start());
  const refused = await client.next("error");
  assertEquals([refused.code, refused.stream], ["unauthorized", "a"]);
  client.send({ type: "join", id: "nothing" });
  assertEquals((await client.next("error")).code, "unknown_stream");
  for (
    const [path, status] of [
      ["/v1/listen/nothing", 404],
      ["/v1/generate?prompt=x", 403],
      ["/debug/streams", 403],
    ] as const
  ) {
    const response = await fetch(server.url + path, { headers });
    assertEquals(response.status, status, path);
    await response.body?.cancel();
  }
  const url = `${server.url}/v1/context`;
  const put = await fetch(url, { method: "PUT", headers, body: "a clip" });
  assertEquals((await put.json()).status, 403);
});

Deno.test("wrong keys are slowed down; the right one on another address is not", async () => {
  await using server = startServer({ config: { apiKeys: ["sesame"] } });
  const ask = async (key: string, address: string) => {
    const request = new Request(`${server.url}/v1/models?key=${key}`);
    const response = await server.app.fetch(request, { address });
    await response.body?.cancel();
    return response.status;
  };
  for (let i = 0; i < 20; i++) assertEquals(await ask(`k${i}`, "a"), 401);
  assertEquals(await ask("sesame", "a"), 429);
  assertEquals(await ask("sesame", "b"), 200);
});

Deno.test("a guess counts beside the right key, and many at once are one too many", async () => {
  await using server = startServer({ config: { apiKeys: ["sesame"] } });
  const ask = async (query: string, address: string, key = "") => {
    const request = new Request(`${server.url}/v1/models?${query}`, {
      headers: key ? { authorization: `Bearer ${key}` } : {},
    });
    const response = await server.app.fetch(request, { address });
    await response.body?.cancel();
    return response.status;
  };
  // The musical key is no guess.
  for (let i = 0; i < 30; i++) {
    assertEquals(await ask("key=A+minor", "a", "sesame"), 200);
  }
  for (let i = 0; i < 20; i++) {
    assertEquals(await ask(`key=guess${i}`, "b", "sesame"), 200);
  }
  assertEquals(await ask("", "b", "sesame"), 429);
  const many = Array.from({ length: 9 }, (_, i) => `key=k${i}`).join("&");
  assertEquals(await ask(`${many}&key=sesame`, "c"), 401);
});

Deno.test("invented methods are counted together, and Host is a host", async () => {
  await using server = startServer();
  for (const method of ["BREW", "WHEN", "GET"]) {
    const request = new Request(`${server.url}/healthz`, { method });
    const from = { address: "" };
    await (await server.app.fetch(request, from)).body?.cancel();
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assertEquals(/BREW|WHEN/.test(metrics), false);
  assert(metrics.includes('method="other"'));
  for (
    const [host, status] of [
      ["localhost:1", 200],
      ["[::1]:80", 200],
      ["localhost/metrics?", 400],
      ["a@localhost", 400],
      ["%6cocalhost", 400],
    ] as const
  ) {
    const answer = await raw(server.port, "/healthz", { host, origin: "" });
    assertEquals(Number(answer.split(" ")[1]), status, host);
  }
});

Deno.test("keys get into no log, no metric and no answer", async () => {
  await using server = startServer({
    config: { apiKeys: ["sesame"] },
    sine: { failAt: 960 },
  });
  const told: string[] = [];
  for (const key of ["sesame", "sesamum"]) {
    for (
      const path of ["/v1/models", "/v1/generate", "/v1/listen/x", "/nope"]
    ) {
      const url = `${server.url}${path}?prompt=x&key=${key}`;
      const response = await fetch(url).catch(() => null);
      told.push(await response?.text().catch(() => "") ?? "");
    }
  }
  await using client = new TestClient(`${server.wsUrl}?key=sesame`);
  client.send(start());
  assertEquals((await client.next("error")).code, "internal");
  client.send('{"type":"start","key":"sesame');
  await client.next("error");
  told.push(await (await fetch(`${server.url}/metrics`)).text());
  told.push(
    await (await fetch(`${server.url}/debug/streams?key=sesame`)).text(),
  );
  assert(server.lines.length > 0);
  const all = [...told, ...server.lines].join("\n");
  assert(!/sesam/.test(all), all);
});

Deno.test("a server of the loopback is asked for by its own names only", async () => {
  await using server = startServer({
    loopback: true,
    config: { allowedOrigins: ["https://friend.example"] },
  });
  for (
    const [host, status] of [
      ["localhost:1", 200],
      ["127.0.0.1", 200],
      ["[::1]:80", 200],
      ["friend.example", 200],
      ["evil.example", 403],
      ["127.0.0.1.evil.example", 403],
      ["", 403],
    ] as const
  ) {
    for (const path of ["/v1/models", "/metrics", "/"]) {
      const origin = `http://${host || "x"}`;
      const answer = await raw(server.port, path, { host, origin });
      // There are no assets here.
      const found = path === "/" && status === 200 ? 404 : status;
      assertEquals(Number(answer.split(" ")[1]), found, `${host} ${path}`);
    }
  }
});

Deno.test("/debug/streams shows what every stream waits for", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  client.send(start({ stream: "b", duration: null }));
  await client.next("frame", ({ handle }) => handle === 2);
  client.send({ type: "pause", stream: "b" });
  await client.next("paused");
  const { queued, streams } = await (await fetch(`${server.url}/debug/streams`))
    .json();
  assertEquals(queued, 0);
  assertEquals(streams.length, 2);
  const [a, b] = streams;
  assertEquals([a.stream, b.stream, b.waits_for], ["a", "b", "resume"]);
  assert(["due", "music"].includes(a.waits_for));
  assertEquals([a.key, a.transport, a.model, a.listeners], [
    null,
    "websocket",
    "fake",
    0,
  ]);
  assert(a.last_seq >= 0 && a.ahead_ms > 0 && a.age_ms > 0);
  assertEquals(a.session, client.all("hello")[0]!.session);

  const far = new Request(`${server.url}/debug/streams`);
  const refused = await server.app.fetch(far, { address: "10.1.2.3" });
  assertEquals(refused.status, 403);
});
