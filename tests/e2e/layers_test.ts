/** The path of a few-step package: ping-pong, layer budgets, no guidance. */
import { assert, assertEquals } from "@std/assert";
import { start, TestClient } from "../session/test_server.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer({ env: { MODELS: "models/tiny_layers" } });

const PIECE = { seed: 5, bpm: 120, duration: { seconds: 2 } };

Deno.test("1 to 8 steps are made, told and told apart", async () => {
  await using client = new TestClient(server().wsUrl);
  const digests = new Set<string>();
  for (let steps = 1; steps <= 8; steps++) {
    client.send(start({ ...PIECE, steps }));
    const { steps_ms } = await client.next("first_audio");
    assertEquals(steps_ms.length, steps);
    const { receipt, samples } = await client.next("done");
    assertEquals([receipt.steps, samples], [steps, 96_000]);
    digests.add(receipt.pcm_sha256);
  }
  assertEquals(digests.size, 8);
  assertEquals(client.all("warning"), []);
});

Deno.test("unless said, the package's own steps are made", async () => {
  await using client = new TestClient(server().wsUrl);
  client.send(start(PIECE));
  const usual = (await client.next("done")).receipt;
  assertEquals(usual.steps, 4);
  client.send(start({ ...PIECE, steps: 4 }));
  assertEquals((await client.next("done")).receipt, usual);
});

Deno.test("more steps than the protocol has are refused", async () => {
  await using client = new TestClient(server().wsUrl);
  client.send(start({ ...PIECE, steps: 9 }));
  const { code, param, message } = await client.next("error");
  assertEquals([code, param], ["bad_message", "steps"]);
  assert(message.includes("9") && message.includes("1 to 8"), message);
});

Deno.test("guidance is answered with control_ignored, and changes nothing", async () => {
  await using client = new TestClient(server().wsUrl);
  client.send(start(PIECE));
  const without = (await client.next("done")).receipt;
  client.send(start({ ...PIECE, guidance: 3, event_id: "g" }));
  const warning = await client.next("warning");
  assertEquals([warning.code, warning.reply_to], ["control_ignored", "g"]);
  assert(warning.message.includes("guidance"), warning.message);
  const { receipt } = await client.next("done");
  assertEquals(receipt.pcm_sha256, without.pcm_sha256);

  client.send(start({ ...PIECE, duration: null, stream: "live" }));
  await client.next("started");
  client.send({ type: "update", stream: "live", guidance: 2, event_id: "u" });
  await client.next("scheduled");
  const later = await client.next("warning");
  assertEquals([later.code, later.reply_to], ["control_ignored", "u"]);
});
