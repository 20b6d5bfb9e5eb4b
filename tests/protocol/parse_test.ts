import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { CLIENT_EXAMPLES } from "../../lib/protocol/examples.ts";
import {
  type ErrorMessage,
  parseClientMessage,
} from "../../lib/protocol/mod.ts";

function errorOf(message: unknown): ErrorMessage {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  const result = parseClientMessage(text);
  assert(!result.ok, text);
  return result.error;
}

Deno.test("parseClientMessage() says path, value and what is accepted", () => {
  assertEquals(
    errorOf({
      type: "start",
      event_id: "e",
      stream: "main",
      prompts: [{ text: "a" }, { text: "b", weight: 11 }],
    }),
    {
      type: "error",
      code: "bad_message",
      message:
        "prompts[1].weight is 11, accepted: a finite number over 0, at most 10",
      param: "prompts[1].weight",
      stream: "main",
      reply_to: "e",
    },
  );
});

Deno.test("parseClientMessage() says which field is unknown and which exist", () => {
  const error = errorOf({ type: "pause", stream: "a", now: true });
  assertEquals(error.param, "now");
  assertEquals(
    error.message,
    '"now" is not a known field, accepted: type, event_id, stream',
  );
});

Deno.test("parseClientMessage() says which field is missing", () => {
  const error = errorOf({ type: "start", stream: "a" });
  assertEquals(error.param, "prompts");
  assertStringIncludes(error.message, "prompts is missing, accepted: a list");
});

Deno.test("parseClientMessage() tells unknown types from missing ones", () => {
  const unknown = errorOf({ type: "play", event_id: "e", stream: "s" });
  assertEquals(unknown.code, "unknown_type");
  assertEquals(unknown.reply_to, "e");
  assertEquals(unknown.stream, "s");
  assertStringIncludes(unknown.message, '"play"');
  assertEquals(errorOf({ event_id: "e" }).code, "bad_message");
  for (const type of [null, 1, {}, "", "__proto__", "constructor"]) {
    assertEquals(errorOf({ type }).code, "unknown_type");
  }
});

Deno.test("parseClientMessage() answers text that is no object", () => {
  for (const text of ["", "{", "nul", "\u0000", '{"a":1}}']) {
    assertEquals(errorOf(text).code, "bad_json");
  }
  for (const text of ["1", "null", "[]", '"start"', "true"]) {
    assertEquals(errorOf(text).code, "bad_message");
  }
});

Deno.test("parseClientMessage() repeats only ids that are valid", () => {
  const error = errorOf({ type: "pause", event_id: 5, stream: "a b" });
  assertEquals(error.reply_to, undefined);
  assertEquals(error.stream, undefined);
});

Deno.test("parseClientMessage() takes __proto__ for an unknown field", () => {
  const error = errorOf('{"type":"ping","t":1,"__proto__":{"t":2}}');
  assertEquals(error.param, "__proto__");
});

Deno.test("parseClientMessage() keeps errors short", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  for (const key of [`"${"k".repeat(60_000)}"`, deep]) {
    const error = errorOf(
      `{"type":"start","stream":"a","prompts":[],"key":${key}}`,
    );
    assert(error.message.length < 600);
  }
});

/** Any JSON, and JSON that is nearly a message. */
function hostile() {
  const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constant("__proto__"));
  const near = fc.constantFrom(...Object.values(CLIENT_EXAMPLES)).chain(
    (example) => {
      const keys = [...Object.keys(example), "x", "__proto__", "toString"];
      return fc.tuple(
        fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }),
        fc.subarray(Object.keys(example)),
      ).map(([changes, kept]) =>
        JSON.stringify({
          ...Object.fromEntries(
            Object.entries(example).filter(([key]) => kept.includes(key)),
          ),
          ...changes,
        })
      );
    },
  );
  return fc.oneof(fc.string(), fc.json(), near);
}

Deno.test("parseClientMessage() answers 10,000 hostile messages", () => {
  fc.assert(
    fc.property(hostile(), (text) => {
      const result = parseClientMessage(text);
      if (result.ok) {
        const again = parseClientMessage(JSON.stringify(result.message));
        assertEquals(again, result);
      } else {
        assertEquals(result.error.type, "error");
        assert(result.error.message.length > 0);
        assert(result.error.message.length < 1000, result.error.message);
      }
    }),
    { numRuns: 10_000 },
  );
});
