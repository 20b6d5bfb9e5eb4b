import { assert, assertEquals } from "@std/assert";
import * as v from "valibot";
import {
  CLIENT_EXAMPLES,
  SERVER_EXAMPLES,
} from "../../lib/protocol/examples.ts";
import {
  CLIENT_MESSAGE_TYPES,
  parseClientMessage,
  ServerMessage,
} from "../../lib/protocol/mod.ts";

/** Every field of `sent` has to come back; defaults may be added. */
function assertKept(actual: unknown, sent: unknown): void {
  if (typeof sent !== "object" || sent === null) {
    return assertEquals(actual, sent);
  }
  for (const [key, value] of Object.entries(sent)) {
    assertKept((actual as Record<string, unknown>)[key], value);
  }
}

for (const [type, example] of Object.entries(CLIENT_EXAMPLES)) {
  Deno.test(`parseClientMessage() keeps every field of ${type}`, () => {
    const result = parseClientMessage(JSON.stringify(example));
    assert(result.ok, JSON.stringify(result));
    assertKept(result.message, example);
    const again = parseClientMessage(JSON.stringify(result.message));
    assertEquals(again, result);
  });
}

for (const [type, example] of Object.entries(SERVER_EXAMPLES)) {
  Deno.test(`ServerMessage keeps every field of ${type}`, () => {
    const wire = JSON.parse(JSON.stringify(example));
    assertEquals(v.parse(ServerMessage, wire), wire);
  });
}

Deno.test("CLIENT_MESSAGE_TYPES lists every type", () => {
  const types = "start update pause resume reset cancel ping join sync".split(
    " ",
  );
  assertEquals([...CLIENT_MESSAGE_TYPES], types);
  assertEquals(Object.keys(CLIENT_EXAMPLES), types);
});

Deno.test("ServerMessage ignores fields that it does not know", () => {
  const message = { ...SERVER_EXAMPLES.draining, news: 1 };
  assertEquals(v.parse(ServerMessage, message), SERVER_EXAMPLES.draining);
});

Deno.test("parseClientMessage() fills in defaults of start", () => {
  const result = parseClientMessage(JSON.stringify({
    type: "start",
    stream: "a",
    prompts: [{ text: "  rain  " }],
  }));
  assertEquals(result, {
    ok: true,
    message: {
      type: "start",
      stream: "a",
      prompts: [{ text: "rain", weight: 1 }],
      loop: false,
      lead_ms: 400,
      format: { codec: "opus", bitrate: 128_000, frame_ms: 20 },
    },
  });
});

Deno.test("parseClientMessage() leaves what an update does not name absent", () => {
  const text = JSON.stringify({ type: "update", stream: "a", parts: {} });
  assertEquals(parseClientMessage(text), {
    ok: true,
    message: { type: "update", stream: "a", parts: {}, at: "now" },
  });
});

Deno.test("parseClientMessage() gives PCM no bit rate", () => {
  const text = JSON.stringify({
    type: "start",
    stream: "a",
    prompts: [{ text: "rain" }],
    format: { codec: "pcm_f32le" },
  });
  const result = parseClientMessage(text);
  assert(result.ok && result.message.type === "start");
  assertEquals(result.message.format, { codec: "pcm_f32le", frame_ms: 20 });
});
