import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PromptEncoder, TextTokenizer } from "../../lib/prompt/mod.ts";
import { tokenizerJson } from "../../scripts/tiny/tokenizer.ts";

const tokenizer = new TextTokenizer(tokenizerJson() as object, {
  maxTokens: 8,
});

/** A network that returns its ids as tokens and counts its calls. */
function countingNetwork() {
  const network = (ids: number[]) => {
    network.calls++;
    return Promise.resolve({ tokens: Float32Array.from(ids), bpm: 100 });
  };
  network.calls = 0;
  return network;
}

Deno.test("PromptEncoder runs the network once for a text", async () => {
  const encoder = new PromptEncoder({ tokenizer });
  const network = countingNetwork();
  const first = await encoder.encode("slow piano", network);
  const again = await encoder.encode("  slow \n piano ", network);
  assertEquals(again, first);
  assertEquals(first.understood, true);
  assertEquals(first.bpm, 100);
  assertEquals(network.calls, 1);
});

Deno.test("PromptEncoder takes the Unicode forms of a text for one", async () => {
  const encoder = new PromptEncoder({ tokenizer });
  const network = countingNetwork();
  await encoder.encode("caf\u00e9", network);
  await encoder.encode("cafe\u0301", network);
  assertEquals(network.calls, 1);
});

Deno.test("PromptEncoder reads other spellings as those that it has learned", async () => {
  const encoder = new PromptEncoder({ tokenizer });
  const network = countingNetwork();
  for (
    const [said, known] of [
      ["deep DnB", "deep drum and bass"],
      ["uptempo hiphop", "up-tempo hip hop"],
    ] as const
  ) {
    const { tokens } = await encoder.encode(said, network);
    assertEquals(tokens, (await encoder.encode(known, network)).tokens);
  }
});

Deno.test("PromptEncoder forgets the least recently used text", async () => {
  const encoder = new PromptEncoder({ tokenizer, capacity: 2 });
  const network = countingNetwork();
  await encoder.encode("slow", network);
  await encoder.encode("fast", network);
  await encoder.encode("slow", network);
  await encoder.encode("loud", network);
  assertEquals(encoder.size, 2);
  assertEquals(encoder.recall("fast"), null);
  assertEquals(network.calls, 3);
  await encoder.encode("slow", network);
  assertEquals(network.calls, 3);
});

Deno.test("PromptEncoder gives away copies", async () => {
  const encoder = new PromptEncoder({ tokenizer });
  const network = countingNetwork();
  const first = await encoder.encode("slow", network);
  const tokens = first.tokens.slice();
  first.tokens.fill(0);
  const second = encoder.recall("slow")!;
  assertEquals(second.tokens, tokens);
  second.tokens.fill(0);
  assertEquals(encoder.recall("slow")!.tokens, tokens);
});

Deno.test("PromptEncoder does not remember a failure", async () => {
  const encoder = new PromptEncoder({ tokenizer });
  const network = countingNetwork();
  await assertRejects(
    () => encoder.encode("slow", () => Promise.reject(new Error("no"))),
    Error,
    "no",
  );
  await encoder.encode("slow", network);
  assertEquals(network.calls, 1);
});

Deno.test("PromptEncoder needs room for one text", () => {
  assertThrows(
    () => new PromptEncoder({ tokenizer, capacity: 0 }),
    RangeError,
    "remember 0 texts",
  );
});
