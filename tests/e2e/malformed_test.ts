import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RawClient, START } from "./raw_client.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer();

const MESSAGES = 10_000;
const CONNECTIONS = 4;
/** Bad messages in a row; the 20th would close the connection. */
const ROW = 10;

interface Bad {
  data: string | Uint8Array<ArrayBuffer>;
  code: string;
}

const TYPES = "start update pause resume reset cancel ping".split(" ");
const FIELDS =
  "stream model seed duration loop steps format pace lead_ms bpm " +
  "meter key chords density brightness energy parts guidance prompts event_id";

const start = JSON.stringify({ ...START, bpm: 90, event_id: "e", loop: false });
const notJson = fc.oneof(
  fc.nat(start.length - 1).map((end) => start.slice(0, end)),
  fc.string({ unit: "binary" }).filter((text) => !parses(text)),
);
const notMessage = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).filter((value) =>
    value === null || typeof value !== "object" || Array.isArray(value)
  ),
  fc.record({ ...constants({ ...START }), extra: fc.jsonValue() }),
  fc.tuple(fc.constantFrom(...FIELDS.split(" ")), fc.jsonValue()).map(
    ([field, wrong]) => ({ ...START, [field]: { wrong } }),
  ),
  fc.constantFrom(...TYPES).map((type) => ({ type, stream: "in valid" })),
);
const unknownType = fc.string().filter((type) => !TYPES.includes(type));
const verb = fc.constantFrom("update", "pause", "resume", "reset", "cancel");

const bad: fc.Arbitrary<Bad> = fc.oneof(
  notJson.map((data) => ({ data, code: "bad_json" })),
  notMessage.map((value) => told(value, "bad_message")),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => ({
    data: new Uint8Array(bytes),
    code: "bad_message",
  })),
  unknownType.map((type) => told({ type }, "unknown_type")),
  verb.map((type) => told({ type, stream: "none" }, "unknown_stream")),
  fc.string({ minLength: 1, maxLength: 100 }).map((id) =>
    told({ ...START, model: `no ${id}` }, "unknown_model")
  ),
);

function told(value: unknown, code: string): Bad {
  return { data: JSON.stringify(value), code };
}

function constants<T extends object>(values: T) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, fc.constant(value)]),
  );
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function tally(codes: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

async function pester(messages: Bad[]): Promise<void> {
  await using client = await RawClient.open(server().wsUrl);
  for (let at = 0; at < messages.length; at += ROW) {
    const row = messages.slice(at, at + ROW);
    const before = client.heard.length;
    for (const { data } of row) client.socket.send(data);
    client.send({ type: "ping", t: at });
    await client.until(() => client.heard.length === before + row.length + 1);
    const heard = client.heard.slice(before);
    const codes = heard.flatMap((one) => "code" in one ? [one.code] : []);
    const expected = tally(row.map(({ code }) => code));
    assertEquals(tally(codes), expected, JSON.stringify({ row, heard }));
    assert(heard.some((one) => one.type === "pong"));
  }
}

Deno.test(`${MESSAGES} malformed messages: each has its error, the music plays on`, async () => {
  await using client = await RawClient.open(server().wsUrl);
  client.send({ ...START, duration: null });
  const messages = fc.sample(bad, { numRuns: MESSAGES, seed: 3 });
  const share = MESSAGES / CONNECTIONS;
  await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      (_, i) => pester(messages.slice(i * share, (i + 1) * share)),
    ),
  );
  const { handle } = await client.next("started");
  const frames = client.frames(handle).length;
  await client.framesOf(handle, frames + 10);
  client.frames(handle).forEach(({ seq }, i) => assertEquals(seq, i));
  client.send({ type: "cancel", stream: "a" });
  await client.next("cancelled");
  const { done } = await client.play({ stream: "later" });
  assertEquals(done.samples, 48_000);
});

Deno.test("20 bad messages in a row close with 1008, a huge one with 1009", async () => {
  await using rude = await RawClient.open(server().wsUrl);
  for (let i = 0; i < 30; i++) rude.send("{");
  assertEquals((await rude.closed).code, 1008);
  assertEquals(rude.messages("error").length, 20);
  await using huge = await RawClient.open(server().wsUrl);
  huge.send(JSON.stringify({ ...START, event_id: "e".repeat(70_000) }));
  assertEquals((await huge.closed).code, 1009);
  assertEquals(huge.messages("error")[0]!.code, "message_too_big");
  await using polite = await RawClient.open(server().wsUrl);
  await polite.play({});
});
