import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../lib/app.ts";
import { createLog } from "../../lib/log.ts";
import type { ServerMessage } from "../../lib/protocol/mod.ts";
import { Session } from "../../lib/session/session.ts";
import type { CreateStream } from "../../lib/stream/music_stream.ts";
import { FakeEngine, sineStreams } from "../fakes.ts";
import { pause } from "./test_server.ts";

/** More turns than there are awaits between a stream's opening and its first frame. */
const MOST_TURNS = 24;

Deno.test("a cancel in any turn of a stream's start ends it, and is no fault", async () => {
  const log: string[] = [];
  const sines = sineStreams();
  let onOpen = () => {};
  const createStream: CreateStream = async (options) => {
    const stream = await sines(options);
    onOpen();
    return stream;
  };
  const { service } = createApp({
    engine: new FakeEngine(),
    createStream,
    log: createLog("json", (line) => log.push(line)),
    config: {
      apiKeys: [],
      allowedOrigins: [],
      maxStreams: 1,
      maxStreamsPerConnection: 1,
      maxListeners: 1,
    },
  });
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const heard: ServerMessage[] = [];
    let framesAfter = 0;
    const session = new Session({
      readyState: WebSocket.OPEN,
      bufferedAmount: 0,
      send(data) {
        if (typeof data === "string") heard.push(JSON.parse(data));
        else if (heard.at(-1)?.type === "cancelled") framesAfter++;
      },
      close() {},
    }, service);
    const { promise, resolve } = Promise.withResolvers<void>();
    onOpen = resolve;
    const now = { receivedMs: performance.now() };
    await session.handle({
      type: "start",
      stream: "a",
      prompts: [{ text: "a sine", weight: 1 }],
      loop: false,
      lead_ms: 400,
      format: { codec: "opus", bitrate: 128_000, frame_ms: 20 },
    }, now);
    await promise;
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await session.handle({ type: "cancel", stream: "a" }, now);
    await pause(5);
    const types = heard.map(({ type }) => type);
    assertEquals(types.at(-1), "cancelled", `after ${turns} turns: ${types}`);
    assert(!types.includes("error"), `after ${turns} turns: ${types}`);
    assertEquals(framesAfter, 0);
    assert(sines.made.at(-1)!.cancelled, `after ${turns} turns`);
    assertEquals(service.board.streams, []);
    service.admission.enter("websocket")[Symbol.dispose]();
  }
  assertEquals(log, []);
});
