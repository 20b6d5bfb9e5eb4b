import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Outbox,
  SLOW_LIMITS,
  SlowClientError,
} from "../../lib/session/outbox.ts";
import { pause, startServer } from "./test_server.ts";
import { openRaw, readFrames, sendText } from "./raw_socket.ts";

const LIMITS = { ...SLOW_LIMITS, warnMs: 60, dropMs: 200 };

function fakeSocket() {
  return {
    readyState: 1,
    bufferedAmount: 0,
    sent: [] as unknown[],
    codes: [] as (number | undefined)[],
    send(data: unknown) {
      this.sent.push(data);
    },
    close(code?: number) {
      this.readyState = 2;
      this.codes.push(code);
    },
  };
}

Deno.test("Outbox waits for a client that reads slowly", async () => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, { ...LIMITS, warnMs: 500, dropMs: 1000 });
  socket.bufferedAmount = 3 << 20;
  const reading = setInterval(() => socket.bufferedAmount -= 1 << 15, 10);
  let slow = 0;
  const { signal } = new AbortController();
  await outbox.room({ signal, onSlow: () => slow++ });
  clearInterval(reading);
  assertEquals([slow, outbox.hasRoom], [0, true]);
});

Deno.test("Outbox warns of a client that does not read, then gives up", async () => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, LIMITS);
  socket.bufferedAmount = 2 << 20;
  let slow = 0;
  const { signal } = new AbortController();
  const waiting = outbox.room({ signal, onSlow: () => slow++ });
  await assertRejects(() => waiting, SlowClientError, "at most 200 ms");
  assertEquals(slow, 1);
});

Deno.test("Outbox stops waiting when it is told to", async () => {
  const socket = fakeSocket();
  socket.bufferedAmount = 2 << 20;
  const abort = new AbortController();
  const outbox = new Outbox(socket, LIMITS);
  const waiting = outbox.room({ signal: abort.signal, onSlow() {} });
  abort.abort(new TypeError("enough"));
  await assertRejects(() => waiting, TypeError, "enough");
});

Deno.test("Outbox closes on a client that only asks and never reads", () => {
  const socket = fakeSocket();
  const outbox = new Outbox(socket, LIMITS);
  const pong = { type: "pong", t: 1, server_time_ms: 1 } as const;
  outbox.send(pong);
  socket.bufferedAmount = LIMITS.closeBytes + 1;
  outbox.send(pong);
  outbox.send(pong);
  assertEquals([socket.sent.length, socket.codes], [1, [1008]]);
});

Deno.test("a client that does not read is warned, loses its stream and stays connected", async () => {
  await using server = startServer({ slowLimits: LIMITS });
  using socket = await openRaw(server.port);
  await sendText(
    socket,
    JSON.stringify({
      type: "start",
      stream: "a",
      prompts: [{ text: "a sine" }],
      pace: "asap",
      format: { codec: "pcm_f32le" },
    }),
  );
  while (!server.streams[0]?.cancelled) await pause(20);
  const sent = server.streams[0].position * 8;
  assert(sent < 32 << 20, `${sent} bytes were sent to nobody`);
  await sendText(socket, JSON.stringify({ type: "ping", t: 1 }));
  const texts: { type: string; code?: string; last_seq?: number }[] = [];
  let frames = 0;
  for await (const message of readFrames(socket)) {
    if (typeof message === "string") texts.push(JSON.parse(message));
    else frames++;
    if (texts.at(-1)?.type === "pong") break;
  }
  assertEquals(texts.map(({ type, code }) => code ?? type), [
    "hello",
    "started",
    "first_audio",
    "slow_client",
    "slow_client",
    "cancelled",
    "pong",
  ]);
  assertEquals(texts[3]!.type, "warning");
  assertEquals(texts[4]!.type, "error");
  assertEquals(texts[5]!.last_seq, frames - 1);
});
