import { assert, assertEquals } from "@std/assert";
import { GATE_LIMITS, type GateLimits } from "../../lib/http/gate.ts";
import { FrameWatch } from "../../lib/http/gate_frames.ts";
import { openRaw } from "../session/raw_socket.ts";
import {
  pause,
  start,
  startServer,
  TestClient,
} from "../session/test_server.ts";

const LIMITS = { messageBytes: 1000, framesPerSecond: 10, burst: 20 };

/** A masked frame of zeros. */
function frame(
  opcode: number,
  length: number,
  final = true,
): Uint8Array<ArrayBuffer> {
  const head = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [
      127,
      0,
      0,
      0,
      0,
      length >>> 24,
      length >> 16 & 255,
      length >> 8 & 255,
      length & 255,
    ];
  head[0]! |= 0x80;
  const bytes = new Uint8Array(1 + head.length + 4 + Math.min(length, 70_000));
  bytes.set([opcode | (final ? 0x80 : 0), ...head]);
  return bytes;
}

Deno.test("FrameWatch lets messages pass, however they are cut", () => {
  const all = [
    frame(1, 5),
    frame(2, 900),
    frame(9, 3),
    frame(1, 500, false),
    frame(0, 400),
  ]
    .flatMap((one) => [...one]);
  for (const step of [1, 2, 7, 13, 4000]) {
    const watch = new FrameWatch(LIMITS, 0);
    for (let at = 0; at < all.length; at += step) {
      assert(
        watch.accepts(Uint8Array.from(all.slice(at, at + step)), 0),
        `${at}`,
      );
    }
  }
});

Deno.test("FrameWatch refuses big frames, fragments without end, odd pings and floods", () => {
  const watch = () => new FrameWatch(LIMITS, 0);
  assert(!watch().accepts(frame(1, 1001), 0));
  assert(!watch().accepts(frame(2, 70_000), 0));
  assert(!watch().accepts(frame(9, 126), 0));
  const fragments = watch();
  assert(fragments.accepts(frame(1, 600, false), 0));
  assert(fragments.accepts(frame(9, 10), 0));
  assert(!fragments.accepts(frame(0, 600, false), 0));
  const pings = watch();
  for (let i = 0; i < 20; i++) assert(pings.accepts(frame(9, 1), 0));
  assert(!pings.accepts(frame(9, 1), 0));
  const slow = watch();
  for (let i = 0; i < 200; i++) assert(slow.accepts(frame(9, 1), i * 100));
});

function gated(limits: Partial<GateLimits> = {}) {
  return startServer({ gate: { ...GATE_LIMITS, ...limits } });
}

function connect(port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

function send(connection: Deno.TcpConn, text: string): Promise<number> {
  return connection.write(new TextEncoder().encode(text));
}

/** Waits for music that was not there yet. */
async function goesOn(client: TestClient): Promise<void> {
  const heard = client.frames.length;
  await client.next("frame", ({ seq }) => seq > heard + 10);
}

/** Everything until the other side closes. */
async function readAll(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  const bytes = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await connection.read(bytes);
      if (count === null) break;
      text += new TextDecoder().decode(bytes.subarray(0, count));
    }
  } catch {
    // Reset is closed, too.
  }
  connection.close();
  return text;
}

Deno.test("through the gate everything is as without it", async () => {
  await using server = gated();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  const { public_id } = await client.next("started");
  const clip = await fetch(
    `${server.url}/v1/generate?prompt=x&seconds=1&format=wav`,
  );
  assertEquals((await clip.arrayBuffer()).byteLength, 44 + 4 * 48_000);
  const listened = await fetch(`${server.url}/v1/listen/${public_id}`);
  const reader = listened.body!.getReader();
  assert((await reader.read()).value!.length > 100);
  await reader.cancel();
  const debug = await fetch(`${server.url}/debug/streams`);
  assertEquals((await debug.json()).streams.length, 1);
  client.send({ type: "cancel", stream: "a" });
  await client.next("cancelled");
  assertEquals(server.refused, []);
});

Deno.test("behind the gate nobody gets in but through it", async () => {
  await using server = gated();
  const { port } = server.listening.server.addr;
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  assertEquals(response.status, 403);
  await response.body?.cancel();
});

Deno.test("connections that say nothing or half a request are closed", async () => {
  await using server = gated({ headMs: 300 });
  const silent = await connect(server.port);
  const slow = await connect(server.port);
  let dripping = true;
  const drip = (async () => {
    for (let i = 0; dripping; i++) {
      await send(slow, i === 0 ? "GET / HTTP/1.1\r\n" : `X-${i}: 1\r\n`)
        .catch(() => dripping = false);
      await pause(50);
    }
  })();
  await Promise.all([readAll(silent), readAll(slow)]);
  dripping = false;
  await drip;
  assertEquals(server.refused, ["no request", "no request"]);
  assertEquals(server.listening.gate!.size, 0);
});

Deno.test("a request's head has a limit", async () => {
  await using server = gated();
  const big = await connect(server.port);
  const text = `GET /healthz HTTP/1.1\r\nX: ${"a".repeat(40_000)}\r\n\r\n`;
  await send(big, text).catch(() => {});
  assertEquals(await readAll(big), "");
  assertEquals(server.refused, ["head too big"]);
});

Deno.test("places are limited, over all and for each address", async () => {
  await using server = gated({ connections: 5, connectionsPerAddress: 3 });
  const held = [];
  for (let i = 0; i < 3; i++) held.push(await connect(server.port));
  assertEquals(await readAll(await connect(server.port)), "");
  assertEquals(server.refused, ["too many connections of one address"]);
  held.pop()!.close();
  for (let tries = 0; server.listening.gate!.size > 2; tries++) {
    assert(tries < 200);
    await pause(10);
  }
  const response = await fetch(`${server.url}/healthz`);
  assertEquals(await response.json(), { status: "alive" });
  for (const connection of held) connection.close();
});

Deno.test("after a request a connection is not kept for ever, in an answer it is", async () => {
  await using server = gated({ idleMs: 300 });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  const { public_id } = await client.next("started");
  client.send({ type: "pause", stream: "a" });
  await client.next("paused");
  const listening = await fetch(`${server.url}/v1/listen/${public_id}`);
  const idle = await connect(server.port);
  await send(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const answer = await readAll(idle);
  assert(answer.startsWith("HTTP/1.1 200"));
  await pause(700);
  // Nothing has passed on these for longer than the limit.
  const reader = listening.body!.getReader();
  client.send({ type: "resume", stream: "a" });
  await client.next("resumed");
  assert((await reader.read()).value!.length > 0);
  await reader.cancel();
});

Deno.test("who is refused a WebSocket may not stay for it", async () => {
  await using server = gated({ idleMs: 200 });
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const began = performance.now();
  for (const path of ["/healthz", "/v1/stream"]) {
    const connection = await connect(server.port);
    await send(
      connection,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}` +
        "Sec-WebSocket-Protocol: other.v9\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const text = await readAll(connection);
    assert(/^HTTP\/1.1 [24]/.test(text), text.slice(0, 80));
  }
  assert(performance.now() - began < 10_000);
});

Deno.test("what asks for another protocol than WebSocket is answered as if it did not", async () => {
  await using server = gated();
  const connection = await connect(server.port);
  await send(
    connection,
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\n" +
      "Upgrade: h2c\r\n\r\n",
  );
  assert((await readAll(connection)).startsWith("HTTP/1.1 200"));
});

Deno.test("fragments without end are cut off, in bounded memory", async () => {
  await using server = gated();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  await client.next("frame");
  const attacker = await openRaw(server.port);
  const before = Deno.memoryUsage().rss;
  let sent = 0;
  try {
    await attacker.write(frame(1, 60_000, false));
    for (; sent < 1000; sent++) await attacker.write(frame(0, 60_000, false));
  } catch {
    // That is the point.
  }
  attacker.close();
  assert(sent < 1000);
  assertEquals(server.refused, ["too much on a WebSocket"]);
  assert(Deno.memoryUsage().rss - before < 50 << 20);
  await goesOn(client);
});

Deno.test("a flood of pings is cut off; a stream beside it goes on", async () => {
  await using server = gated();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  await client.next("frame");
  const attacker = await openRaw(server.port);
  const pings = new Uint8Array(
    await new Blob(Array(100).fill(frame(9, 125))).arrayBuffer(),
  );
  let sent = 0;
  try {
    for (; sent < 10_000; sent++) await attacker.write(pings);
  } catch {
    // That is the point.
  }
  attacker.close();
  assert(sent < 10_000);
  assertEquals(server.refused, ["too much on a WebSocket"]);
  await goesOn(client);
});

Deno.test("a WebSocket has to be a connection's first request", async () => {
  await using server = gated();
  const connection = await connect(server.port);
  await send(connection, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  await connection.read(new Uint8Array(4096));
  await send(
    connection,
    "GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  assert((await readAll(connection)).startsWith("HTTP/1.1 400"));
});

Deno.test("no compression is agreed to on a WebSocket: there are no bombs", async () => {
  await using server = gated();
  const connection = await connect(server.port);
  await send(
    connection,
    "GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
  );
  const bytes = new Uint8Array(4096);
  const head = new TextDecoder().decode(
    bytes.subarray(0, (await connection.read(bytes))!),
  );
  assert(head.startsWith("HTTP/1.1 101"));
  assert(!/sec-websocket-extensions/i.test(head));
  // A frame that claims to be compressed breaks the connection.
  const compressed = frame(1, 4);
  compressed[0]! |= 0x40;
  await connection.write(compressed);
  await readAll(connection);
});

Deno.test("many silent connections: a stream beside them goes on, in bounded memory", async () => {
  await using server = gated({ connections: 300, connectionsPerAddress: 300 });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  await client.next("frame");
  const before = Deno.memoryUsage().rss;
  const crowd: Deno.TcpConn[] = [];
  for (let i = 0; i < 2000; i++) crowd.push(await connect(server.port));
  await goesOn(client);
  assert(server.listening.gate!.size <= 300);
  assert(Deno.memoryUsage().rss - before < 100 << 20);
  for (const each of crowd) each.close();
});
