import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { pause, start, startServer, TestClient } from "./test_server.ts";

const MESSAGES = 10_000;

const field = fc.constantFrom(
  ...["type", "stream", "prompts", "duration", "format", "bpm", "seed", "at"],
  ...["ramp", "key", "chords", "parts", "event_id", "steps", "loop", "t"],
  ...["__proto__", "constructor", "toString"],
);
const type = fc.constantFrom(
  ...["start", "update", "pause", "resume", "reset", "cancel", "ping", "fly"],
);
const broken = fc.oneof(
  fc.string(),
  fc.json(),
  fc.dictionary(field, fc.jsonValue({ maxDepth: 3 })).map(toText),
  fc.tuple(type, fc.dictionary(field, fc.jsonValue({ maxDepth: 2 })))
    .map(([type, fields]) => toText({ ...fields, type })),
  fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]) => bent(at, byte)),
);

function toText(value: unknown): string {
  return JSON.stringify(value);
}

/** A good message with one bad character. */
function bent(at: number, byte: number): string {
  const text = JSON.stringify(start({ bpm: 120, event_id: "e" }));
  const i = at % text.length;
  return text.slice(0, i) + String.fromCharCode(byte) + text.slice(i + 1);
}

Deno.test(`${MESSAGES} malformed messages: every one answered, nothing breaks`, async () => {
  const config = { maxStreams: 1000, maxStreamsPerConnection: 1000 };
  await using server = startServer({ config });
  await using client = new TestClient(server.wsUrl);
  await client.next("hello");
  const messages = fc.sample(broken, { numRuns: MESSAGES, seed: 1 });
  // What answers a message, whatever it was; frames and warnings do not.
  const answers = () =>
    client.heard.filter(({ type }) =>
      !["hello", "frame", "first_audio", "warning", "done"].includes(type)
    );
  // A pong ends the row of bad messages that would close the connection.
  const batch = 15;
  let pings = 0;
  for (let i = 0; i < messages.length; i += batch) {
    for (const text of messages.slice(i, i + batch)) client.send(text);
    client.send({ type: "ping", t: i, event_id: "mine" });
    await client.next("pong", ({ reply_to }) => reply_to === "mine");
    pings++;
  }
  while (answers().length < MESSAGES + pings) await pause(10);
  assertEquals(answers().length, MESSAGES + pings);
  const internal = client.all("error").filter(({ code }) =>
    code === "internal"
  );
  assertEquals([internal, server.lines], [[], []]);
});
