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

Deno.test("Admission takes on no more than the device can make in time", () => {
  const admission = new Admission(100);
  const heavy = { networks: 0.4, synthesis: 0.1 };
  const first = admission.enter("websocket", heavy);
  admission.enter("http", heavy);
  assertEquals(admission.load, { networks: 0.8, synthesis: 0.2 });
  const refusal = assertThrows(
    () => admission.enter("websocket", heavy),
    Refusal,
    "would take 40.0 % of what the server can make in time, and 10.0 % is left",
  );
  assertEquals(refusal.code, "busy");
  assertEquals(refusal.details.retryAfterMs, 1000);
  assertEquals(admission.taken, 2);
  admission.enter("http", { networks: 0.05, synthesis: 0 });
  assertThrows(
    () => admission.enter("http", { networks: 0, synthesis: 0.8 }),
    Refusal,
    "80.0 %",
  );
  first[Symbol.dispose]();
  admission.enter("websocket", heavy);
  assertEquals(admission.taken, 3);
});

Deno.test("Admission lets in whoever is alone, whatever it costs", () => {
  const admission = new Admission(100);
  const place = admission.enter("http", { networks: 7, synthesis: 3 });
  assertThrows(
    () => admission.enter("http", { networks: 0.01, synthesis: 0 }),
    Refusal,
    "and 0.0 % is left",
  );
  place[Symbol.dispose]();
  assertEquals(admission.load, { networks: 0, synthesis: 0 });
});

Deno.test("Admission lets those in who were in before, elsewhere", () => {
  const admission = new Admission(3);
  const heavy = { networks: 0.8, synthesis: 0.1 };
  admission.enter("websocket", heavy);
  assertThrows(() => admission.enter("websocket", heavy), Refusal, "80.0 %");
  admission.enter("websocket", heavy, { resumes: true });
  admission.enter("websocket", heavy, { resumes: true });
  assertThrows(
    () => admission.enter("websocket", heavy, { resumes: true }),
    Refusal,
    "All 3",
  );
});

Deno.test("Admission lets nobody in while nothing can be made, and says so", () => {
  let obstacle: string | null = "No worker is there at the moment";
  const admission = new Admission(3, { obstacle: () => obstacle });
  for (
    const ask of [() => admission.enter("http"), () => admission.requireReady()]
  ) {
    const { code, details } = assertThrows(ask, Refusal, "No worker");
    assertEquals([code, details.retryAfterMs], ["busy", 1000]);
  }
  admission.requireOpen();
  obstacle = null;
  const nobody = { networks: Infinity, synthesis: Infinity };
  assertThrows(() => admission.enter("http", nobody), Refusal, "No worker has");
  admission.enter("http");
});
