import { assert, assertEquals } from "@std/assert";
import { RawClient, START } from "./raw_client.ts";
import { pause, sharedServer } from "./server.ts";

const server = sharedServer();
const ENDLESS = { ...START, duration: null };

/** How long to listen for what must not come, in ms. */
const LISTEN_MS = 300;

/** Asserts that `cancelled` is true of a stream, and the last that is heard of it. */
function checkCancelled(client: RawClient, stream: string): void {
  const cancelled = client.messages("cancelled").find((one) =>
    one.stream === stream
  );
  assert(cancelled, `${stream} was not cancelled`);
  const started = client.messages("started").find((one) =>
    one.stream === stream
  );
  const frames = started ? client.frames(started.handle) : [];
  assertEquals(cancelled.last_seq, frames.length - 1, stream);
  assertEquals(frames.at(-1)?.seq ?? -1, cancelled.last_seq, stream);
  assertEquals(cancelled.end_sample, 960 * frames.length, stream);
  assert(cancelled.cancel_ms >= 0);
  const after = client.heard.slice(client.heard.indexOf(cancelled) + 1);
  for (const one of after) {
    assert(!("stream" in one) || one.stream !== stream, JSON.stringify(one));
    const late = one.type === "frame" && one.handle === started?.handle;
    assert(!late, `${stream}: a frame after cancelled`);
  }
}

Deno.test("cancel at any moment of the work: nothing follows cancelled", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const moments = [0, 1, 2, 4, 8, 15, 30, 60, 120, 250];
  const streams: string[] = [];
  for (const model of ["tiny", "tiny_spectrum"]) {
    for (const ms of moments) {
      const stream = `${model}-${ms}`;
      // As fast as it can, so that something is always being computed.
      const pace = ms % 2 === 0 ? "asap" : "realtime";
      client.send({ ...ENDLESS, stream, model, pace, steps: 8 });
      await pause(ms);
      client.send({ type: "cancel", stream, event_id: stream });
      const { reply_to } = await client.next("cancelled", { stream });
      assertEquals(reply_to, stream);
      streams.push(stream);
    }
  }
  await pause(LISTEN_MS);
  for (const stream of streams) checkCancelled(client, stream);
  assertEquals(client.messages("done"), []);
  assertEquals(client.messages("error"), []);
  await server().idle();
});

Deno.test("a cancelled stream leaves the others alone", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const common = { seed: 4, duration: { seconds: 2 } };
  const alone = await client.play({ ...common, stream: "alone" });
  client.send({ ...ENDLESS, stream: "gone", pace: "asap" });
  const playing = client.play({ ...common, stream: "kept" });
  await client.next("first_audio", { stream: "gone" });
  client.send({ type: "cancel", stream: "gone" });
  assertEquals((await playing).done.receipt, alone.done.receipt);
  await client.next("cancelled", { stream: "gone" });
  await pause(LISTEN_MS);
  checkCancelled(client, "gone");
});

Deno.test("200 quick starts and cancels leave nothing behind", async () => {
  await using client = await RawClient.open(server().wsUrl);
  for (let i = 0; i < 200; i++) {
    const stream = `quick${i}`;
    client.send({ ...ENDLESS, stream });
    if (i % 3 === 0) await pause(i % 4);
    client.send({ type: "cancel", stream });
  }
  await client.until(() => client.messages("cancelled").length === 200);
  assertEquals(client.messages("error"), []);
  await server().idle();
  await pause(LISTEN_MS);
  for (let i = 0; i < 200; i++) checkCancelled(client, `quick${i}`);
  const { done } = await client.play({ stream: "later" });
  assertEquals(done.samples, 48_000);
  client.send({ type: "cancel", stream: "later", event_id: "late" });
  const { code } = await client.next("error", { reply_to: "late" });
  assertEquals(code, "unknown_stream");
});

Deno.test("a client that goes takes its streams along", async () => {
  for (const waitMs of [0, 50]) {
    const client = await RawClient.open(server().wsUrl);
    for (let i = 0; i < 8; i++) {
      client.send({ ...ENDLESS, stream: `s${i}`, pace: "asap" });
    }
    await pause(waitMs);
    await client[Symbol.asyncDispose]();
    await server().idle();
  }
  for (let tries = 0; tries < 200; tries++) {
    if (await server().metric("prestissimo_sessions") === 0) return;
    await pause(25);
  }
  assert(false, "the session is still there");
});
