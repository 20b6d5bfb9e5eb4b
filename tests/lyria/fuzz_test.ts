import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { readLyria } from "../../lib/lyria/messages.ts";
import { startServer, TestClient } from "../session/test_server.ts";

const FIELDS = ["setup", "clientContent", "musicGenerationConfig"];
const NAMES = [
  ...["model", "weightedPrompts", "text", "weight", "bpm", "seed", "scale"],
  ...["density", "guidance", "muteBass", "temperature", "__proto__"],
];

/** Messages that are nearly right, and anything at all. */
const message = fc.oneof(
  fc.record({ playbackControl: fc.constantFrom("PLAY", "PAUSE", "STOP", 1) }),
  fc.dictionary(
    fc.constantFrom(...FIELDS),
    fc.oneof(
      fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue()),
      fc.record({
        weightedPrompts: fc.array(
          fc.record({ text: fc.jsonValue(), weight: fc.jsonValue() }),
        ),
      }),
      fc.jsonValue(),
    ),
    { maxKeys: 2 },
  ),
  fc.jsonValue(),
).map((value) => JSON.stringify(value));

Deno.test("readLyria() answers hostile messages with what is accepted", () => {
  const text = fc.oneof(message, fc.string(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(text, (each) => {
      const read = readLyria(each);
      if (!read.ok) assert(read.error.message.length < 1000);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("whatever is sent, the server is well and no stream is left over", async () => {
  await using server = startServer();
  const path =
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic";
  for (const seed of [1, 2, 3]) {
    const socket = new WebSocket(server.url.replace("http", "ws") + path);
    await new Promise((resolve) => socket.onopen = resolve);
    socket.send('{"setup":{"model":"lyria-realtime-exp"}}');
    for (const text of fc.sample(message, { seed, numRuns: 300 })) {
      socket.send(text);
    }
    // Some are closed for their many bad messages, the others by us.
    const closed = new Promise((resolve) => socket.onclose = resolve);
    setTimeout(() => socket.close(), 300);
    await closed;
  }
  await using client = new TestClient(server.wsUrl);
  await client.next("hello");
  for (let tries = 0; server.app.service.board.streams.length > 0; tries++) {
    assert(tries < 500);
    await new Promise((wake) => setTimeout(wake, 10));
  }
  assertEquals(server.lines, []);
});
