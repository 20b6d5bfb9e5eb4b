import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Pacer } from "../../lib/session/pacer.ts";
import { start, startServer, TestClient } from "./test_server.ts";

function pacer(fields: Partial<ConstructorParameters<typeof Pacer>[0]> = {}) {
  const usual = { pace: "realtime", leadMs: 400, frameMs: 20, nowMs: 0 };
  return new Pacer(
    { ...usual, ...fields } as typeof usual & {
      pace: "realtime" | "asap";
    },
  );
}

Deno.test("Pacer lets audio out at most its lead ahead of the clock", () => {
  const clock = pacer();
  assertEquals(clock.dueMs(960), -Infinity);
  assertEquals(clock.heardMs(48_000), 0);
  clock.start(1000);
  clock.start(5000);
  assertEquals(clock.heardMs(48_000), 2000);
  assertEquals(clock.dueMs(48_000), 1600);
  assertEquals(clock.delayMs(48_000, 1250), 750);
  assertEquals(clock.delayMs(0, 1250), 0);
});

Deno.test("Pacer goes on with the clock as it was; with another machine's, half of the lead comes at once", () => {
  // A second was sent; the listener has heard 700 ms of it.
  const goOn = (before: { zeroMs: number | null; foreign: boolean }) => {
    const clock = pacer({ leadMs: 400 });
    clock.goOn(48_000, 10_000, before);
    return clock.zeroMs(10_000);
  };
  assertEquals(goOn({ zeroMs: 9300, foreign: false }), 9300);
  assertEquals(goOn({ zeroMs: 9300, foreign: true }), 9200);
  // Neither clock can be right: nobody has so much, or so little.
  assertEquals(goOn({ zeroMs: 20_000, foreign: false }), 9400);
  assertEquals(goOn({ zeroMs: 1000, foreign: false }), 9000);
  assertEquals(goOn({ zeroMs: null, foreign: false }), 9000);
});

Deno.test("Pacer stands still while it is held", () => {
  const clock = pacer();
  clock.start(0);
  clock.hold(100);
  clock.hold(150);
  assertEquals(clock.delayMs(48_000, 400), 900);
  clock.release(600);
  clock.release(900);
  assertEquals(clock.heardMs(0), 500);
});

Deno.test("Pacer is set back by what comes late", () => {
  const clock = pacer();
  clock.start(0);
  // With a lead of 400 ms the listener has 100 ms in hand.
  assertEquals(clock.catchUp(48_000, 1090), 0);
  assertAlmostEquals(clock.catchUp(48_000, 1130), 30);
  assertEquals(clock.heardMs(0), 30);
});

Deno.test("Pacer leaves time for a long packet however short the lead", () => {
  const clock = pacer({ leadMs: 40, frameMs: 60 });
  clock.start(0);
  assertEquals(clock.dueMs(2 * 2880), 40);
});

Deno.test("Pacer never holds back asap", () => {
  const clock = pacer({ pace: "asap" });
  clock.start(0);
  assertEquals(clock.dueMs(1e9), -Infinity);
  assertEquals(clock.catchUp(0, 1e9), 0);
  assertEquals(clock.heardMs(48_000), 1000);
});

Deno.test("realtime audio is at most lead_ms ahead", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const leadMs = 300;
  const begin = performance.now();
  client.send(start({ duration: null, lead_ms: leadMs }));
  await client.next("frame", ({ seq }) => seq === 60);
  const arrivals = client.times
    .filter((_, i) => client.heard[i]!.type === "frame");
  arrivals.forEach((atMs, seq) => {
    // The clock cannot have started before the stream was asked for.
    const aheadMs = (seq + 1) * 20 - (atMs - begin);
    assert(aheadMs < leadMs + 1, `frame ${seq} was ${aheadMs} ms ahead`);
  });
});

Deno.test("asap audio comes much faster than it plays", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const format = { codec: "pcm_s16le" };
  const begin = performance.now();
  client.send(start({ duration: { seconds: 20 }, format }));
  await client.next("done");
  assert(performance.now() - begin < 20_000);
});

Deno.test("a finite stream may be paced, an endless one sent asap", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const begin = performance.now();
  const duration = { seconds: 0.6 };
  client.send(start({ duration, pace: "realtime", lead_ms: 100 }));
  await client.next("done");
  assert(performance.now() - begin > 400);
  client.send(start({ stream: "b", duration: null, pace: "asap" }));
  await client.next("frame", ({ seq }) => seq === 500);
  assert(performance.now() - begin < 5000);
  client.send({ type: "cancel", stream: "b" });
  await client.next("cancelled");
});

Deno.test("audio that comes too late is told once a second and counted", async () => {
  await using server = startServer({ sine: { readMs: 30 } });
  await using client = new TestClient(server.wsUrl);
  const begin = performance.now();
  client.send(start({ duration: null, lead_ms: 40 }));
  await client.next("frame", ({ seq }) => seq === 40);
  const most = 1 + (performance.now() - begin) / 1000;
  const warnings = client.all("warning");
  assert(warnings.every(({ code }) => code === "underrun"));
  const { length } = warnings;
  assert(length >= 1 && length <= most, `${length} warnings`);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const [, count] = /^prestissimo_underruns_total (\d+)$/m.exec(metrics) ?? [];
  assert(Number(count) > 10, `${count} underruns`);
});
