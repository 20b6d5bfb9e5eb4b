import { assertEquals, assertThrows } from "@std/assert";
import { Admission } from "../../lib/session/admission.ts";
import { Refusal } from "../../lib/session/refusal.ts";

Deno.test("Admission counts places and takes each back once", () => {
  const admission = new Admission(2);
  const first = admission.enter("http");
  admission.enter("http");
  const refusal = assertThrows(() => admission.enter("http"), Refusal, "All 2");
  assertEquals(refusal.code, "busy");
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assertEquals(admission.taken, 1);
  admission.enter("http");
});

Deno.test("Admission lets nobody in once closed, and tells when all have left", async () => {
  const admission = new Admission(2);
  const place = admission.enter("http");
  let empty = false;
  const closing = admission.close().then(() => empty = true);
  assertThrows(() => admission.enter("http"), Refusal, "stopping");
  await Promise.resolve();
  assertEquals(empty, false);
  place[Symbol.dispose]();
  await closing;
  await new Admission(1).close();
});
