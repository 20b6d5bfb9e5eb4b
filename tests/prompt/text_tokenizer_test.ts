import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TextTokenizer } from "../../lib/prompt/mod.ts";
import { tokenizerJson, TOKENS } from "../../scripts/tiny/tokenizer.ts";

const JSON_CONTENT = tokenizerJson() as {
  model: object;
  post_processor: object | null;
};
const tokenizer = new TextTokenizer(JSON_CONTENT, { maxTokens: 8 });
const id = (token: string) => TOKENS.indexOf(token);
const [CLS, SEP, UNK] = ["[CLS]", "[SEP]", "[UNK]"].map(id);

Deno.test("encode() puts words between the special tokens", () => {
  assertEquals(tokenizer.encode("Dreamy PIANO, slow"), {
    ids: [CLS, id("dreamy"), id("piano"), UNK, id("slow"), SEP],
    understood: true,
  });
});

Deno.test("encode() cuts off what is too long, and keeps the special tokens", () => {
  const { ids } = tokenizer.encode("piano ".repeat(50));
  assertEquals(ids, [CLS, ...new Array(6).fill(id("piano")), SEP]);
});

Deno.test("encode() understands only words", () => {
  for (const text of ["", "xyzzy", "!!! ???", "[SEP] [UNK] [PAD]"]) {
    assertEquals(tokenizer.encode(text).understood, false, text);
  }
  assert(tokenizer.encode("xyzzy piano").understood);
  // What is cut off is not heard.
  assert(!tokenizer.encode("xyzzy ".repeat(6) + "piano").understood);
});

Deno.test("encode() takes any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { ids } = tokenizer.encode(text);
    assert(ids.length >= 2 && ids.length <= 8);
    assert(ids.every((id) => Number.isInteger(id) && id < TOKENS.length));
  }));
});

Deno.test("encode() needs no special tokens", () => {
  const bare = new TextTokenizer(
    { ...JSON_CONTENT, post_processor: null },
    { maxTokens: 2 },
  );
  assertEquals(bare.encode("slow sad piano").ids, [id("slow"), id("sad")]);
});

Deno.test("TextTokenizer refuses a limit without room for words", () => {
  assertThrows(
    () => new TextTokenizer(JSON_CONTENT, { maxTokens: 2 }),
    RangeError,
    "limit a text to 2 tokens: 2 are special",
  );
});

Deno.test("TextTokenizer refuses what is no tokenizer", () => {
  assertThrows(() => new TextTokenizer({}, { maxTokens: 8 }), Error);
});
