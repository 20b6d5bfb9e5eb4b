import { assert, assertEquals } from "@std/assert";
import { createStream } from "../../lib/stream/mod.ts";
import { FakeEngine, FakeModel } from "../fakes.ts";
import { start, startServer, TestClient } from "./test_server.ts";

function server() {
  const model = new FakeModel({ minSteps: 1 });
  const engine = new FakeEngine([model]);
  return { model, ...startServer({ engine, createStream }) };
}

const LIVE = { duration: null, pace: "realtime", lead_ms: 100 };

Deno.test("a busy server lowers quality with a warning, and raises it again", async () => {
  await using under = server();
  await using client = new TestClient(under.wsUrl);
  client.send(start(LIVE));
  await client.next("frame");
  under.model.pressure = 2;
  await client.next("warning", ({ code }) => code === "quality_reduced");
  under.model.pressure = 0;
  await client.next("warning", ({ code }) => code === "quality_restored");
  assertEquals(client.all("error"), []);
  const metrics = await (await fetch(`${under.url}/metrics`)).text();
  assert(metrics.includes("prestissimo_degradations_total 1"));
});

Deno.test("a receipt tells what was made with less", async () => {
  await using under = server();
  await using client = new TestClient(under.wsUrl);
  under.model.pressure = 2;
  const piece = { pace: "realtime", lead_ms: 10_000, duration: { seconds: 2 } };
  client.send(start(piece));
  const { receipt } = await client.next("done");
  assertEquals(receipt.degraded, [[0, 96_000]]);
  assertEquals(receipt.steps, 2);
});

Deno.test("what nobody waits for, or was asked for in steps, keeps its quality", async () => {
  await using under = server();
  await using client = new TestClient(under.wsUrl);
  const digest = async (fields: Record<string, unknown>) => {
    client.send(start({ seed: 1, duration: { seconds: 2 }, ...fields }));
    const { receipt } = await client.next("done");
    return receipt.pcm_sha256;
  };
  const quiet = await digest({ pace: "asap" });
  under.model.pressure = 2;
  assertEquals(await digest({ pace: "asap" }), quiet);
  const live = { pace: "realtime", lead_ms: 10_000 };
  assertEquals(await digest({ ...live, steps: 2 }), quiet);
  assert(await digest(live) !== quiet);
  const codes = client.all("warning").map(({ code }) => code);
  assertEquals(
    codes.filter((code) => code.startsWith("quality")),
    ["quality_reduced"],
  );
});

Deno.test("a stream that the server cannot keep in time is refused before others suffer", async () => {
  await using under = server();
  await using client = new TestClient(under.wsUrl);
  under.model.cost = { networks: 0.35, synthesis: 0.1 };
  for (const stream of ["a", "b"]) {
    client.send(start({ ...LIVE, stream }));
    await client.next("started");
  }
  client.send(start({ ...LIVE, stream: "c", event_id: "third" }));
  const busy = await client.next("error");
  assertEquals(
    [busy.code, busy.stream, busy.reply_to],
    ["busy", "c", "third"],
  );
  assert(busy.retry_after_ms! > 0);
  const clip = await fetch(`${under.url}/v1/generate?prompt=x&seconds=1`);
  assertEquals(clip.status, 503);
  assertEquals(clip.headers.get("retry-after"), "1");
  assertEquals((await clip.json()).code, "busy");
  const metrics = await (await fetch(`${under.url}/metrics`)).text();
  assert(/^prestissimo_load_networks 0\.7\d*$/m.test(metrics));
  client.send({ type: "cancel", stream: "a" });
  await client.next("cancelled");
  client.send(start({ ...LIVE, stream: "c" }));
  assertEquals((await client.next("started")).stream, "c");
});
