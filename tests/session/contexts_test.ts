import { assert, assertEquals, assertThrows } from "@std/assert";
import { Contexts } from "../../lib/session/contexts.ts";
import { Refusal } from "../../lib/session/refusal.ts";

const CLIP = {
  audio: { left: new Float32Array(1), right: new Float32Array(1) },
  ...{ sha256: "", bpm: null },
};
const LIMITS = { most: 5, mostOwn: 3, keptMs: 1000 };

Deno.test("Contexts keeps an owner's newest clips, and nobody pushes out another's", () => {
  const contexts = new Contexts(LIMITS);
  const theirs = contexts.add(CLIP, "them").id;
  const ours = Array.from({ length: 4 }, () => contexts.add(CLIP, "us").id);
  assertEquals(contexts.size, 4);
  const { code } = assertThrows(() => contexts.get(ours[0]!), Refusal);
  assertEquals(code, "unknown_context");
  for (const id of [theirs, ...ours.slice(1)]) contexts.get(id);
  // What was used is newer than what was not.
  contexts.get(ours[1]!);
  contexts.add(CLIP, "us");
  contexts.get(ours[1]!);
  assertThrows(() => contexts.get(ours[2]!), Refusal);
});

Deno.test("Contexts that are full refuse until one is forgotten", () => {
  let nowMs = 0;
  const contexts = new Contexts(LIMITS, () => nowMs);
  for (let i = 0; i < 5; i++) contexts.add(CLIP, `owner ${i}`);
  nowMs = 400;
  const refusal = assertThrows(() => contexts.add(CLIP, "late"), Refusal);
  assertEquals(refusal.code, "busy");
  assertEquals(refusal.details.retryAfterMs, 600);
  nowMs = 1000;
  assert(contexts.add(CLIP, "late").id);
});
