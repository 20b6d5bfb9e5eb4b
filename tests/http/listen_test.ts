import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram, opusdec } from "../audio/decode.ts";
import { oggPages } from "../audio/ogg_pages.ts";
import {
  pause,
  start,
  startServer,
  TestClient,
} from "../session/test_server.ts";

/** An endless stream, and its public id. */
async function broadcasting(server: ReturnType<typeof startServer>) {
  const client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  const { public_id } = await client.next("started");
  await client.next("frame");
  return { client, id: public_id! };
}

/** Reads until `bytes` have come, or to the end. */
async function take(body: ReadableStream<Uint8Array>, bytes = Infinity) {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  while (length < bytes) {
    const { value, done } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  reader.releaseLock();
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

Deno.test("a public id is told for Opus alone, and is not to be guessed", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  client.send(start({ stream: "b", duration: null }));
  client.send(start({ stream: "c", format: { codec: "pcm_s16le" } }));
  const ids = [];
  for (let i = 0; i < 3; i++) {
    ids.push((await client.next("started")).public_id);
  }
  assertEquals(ids[2], undefined);
  assert(ids.slice(0, 2).every((id) => /^[\w-]{22}$/.test(id!)));
  assert(ids[0] !== ids[1]);
});

Deno.test("an id that is not there, or not any more, is a problem 404", async () => {
  await using server = startServer();
  const { client, id } = await broadcasting(server);
  const head = await fetch(`${server.url}/v1/listen/${id}`, { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  assertEquals(head.headers.get("content-type"), "audio/ogg; codecs=opus");
  await client[Symbol.asyncDispose]();
  for (const unknown of [id, "nothing", "%00", "a%2Fb"]) {
    let response = await fetch(`${server.url}/v1/listen/${unknown}`);
    // The stream ends when the server hears that its connection has gone.
    for (let tries = 0; response.status === 200 && tries < 100; tries++) {
      await response.body?.cancel();
      await pause(20);
      response = await fetch(`${server.url}/v1/listen/${unknown}`);
    }
    assertEquals(response.status, 404, unknown);
    const { code, param } = await response.json();
    assertEquals([code, param], ["unknown_stream", "id"]);
  }
  const put = await fetch(`${server.url}/v1/listen/${id}`, { method: "PUT" });
  assertEquals([put.status, put.headers.get("allow")], [405, "GET, HEAD"]);
  await put.body?.cancel();
});

Deno.test("who listens late hears the same music, decoded by opusdec", async () => {
  if (!await hasProgram("opusdec")) return;
  await using server = startServer();
  const { client, id } = await broadcasting(server);
  await client.next("frame", ({ seq }) => seq > 40);
  const response = await fetch(`${server.url}/v1/listen/${id}`);
  assertEquals(response.status, 200);
  const file = take(response.body!);
  await client.next("frame", ({ seq }) => seq > 90);
  client.send({ type: "cancel", stream: "a" });
  await client.next("cancelled");
  const bytes = await file;
  const pages = oggPages(bytes);
  assertEquals(pages.at(-1)!.flags, 4);
  const tags = new TextDecoder().decode(pages[1]!.data);
  const first = Number(/FIRST_SAMPLE=(\d+)/.exec(tags)![1]);
  assert(first >= 40 * 960 - 2 * 4800, `joined at ${first}`);
  const pcm = await opusdec(bytes);
  assertEquals(pcm.length / 2, pages.at(-1)!.granule - 3840);
  // Output sample 0 is 80 ms after the first packet, less the codec's delay.
  const at = first + 3840 - 312;
  let error = 0;
  for (let i = 0; i < pcm.length / 2; i++) {
    const wanted = 0.25 * Math.sin(2 * Math.PI * 440 * (at + i) / 48_000);
    error += (pcm[2 * i]! / 32_768 - wanted) ** 2;
  }
  const rms = Math.sqrt(error / (pcm.length / 2));
  assert(rms < 0.01, `rms of the difference: ${rms}`);
  await client[Symbol.asyncDispose]();
});

Deno.test("a finite stream is heard to its exact end", async () => {
  if (!await hasProgram("opusdec")) return;
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: { seconds: 1.2345 }, pace: "realtime" }));
  const { public_id } = await client.next("started");
  const response = await fetch(`${server.url}/v1/listen/${public_id}`);
  const bytes = await take(response.body!);
  const { samples } = await client.next("done");
  const pages = oggPages(bytes);
  const tags = new TextDecoder().decode(pages[1]!.data);
  const first = Number(/FIRST_SAMPLE=(\d+)/.exec(tags)![1]);
  const skipped = first === 0 ? 0 : first + 3840 - 312;
  assertEquals((await opusdec(bytes)).length / 2, samples - skipped);
});

Deno.test("join: the same packets under a handle of one's own", async () => {
  await using server = startServer();
  const { client, id } = await broadcasting(server);
  await using guest = new TestClient(server.wsUrl);
  guest.send({ type: "join", id, stream: "radio", event_id: "j" });
  const joined = await guest.next("joined");
  assertEquals(
    [joined.stream, joined.id, joined.reply_to, joined.paused],
    ["radio", id, "j", false],
  );
  const frame = await guest.next("frame");
  assertEquals([frame.sample, frame.handle], [joined.at_sample, joined.handle]);
  const { seq, payload, beat } = await guest.next("frame");
  const same = client.frames.find((each) => each.seq === seq)!;
  assertEquals([payload, beat], [same.payload, same.beat]);

  guest.send({ type: "update", stream: "radio", energy: 0.5 });
  assertEquals((await guest.next("error")).code, "unsupported");
  guest.send({ type: "join", id, stream: "radio" });
  assertEquals((await guest.next("error")).code, "stream_exists");
  guest.send({ type: "join", id });
  assertEquals((await guest.next("joined")).stream, id);
  guest.send({ type: "cancel", stream: id });
  assertEquals((await guest.next("cancelled")).stream, id);
  guest.send({ type: "join", id: "nothing" });
  const unknown = await guest.next("error");
  assertEquals([unknown.code, unknown.param], ["unknown_stream", "id"]);

  client.send({ type: "pause", stream: "a" });
  const paused = await client.next("paused");
  assertEquals((await guest.next("paused")).at_sample, paused.at_sample);
  client.send({ type: "resume", stream: "a" });
  await guest.next("resumed");
  assertEquals((await guest.next("frame")).sample, paused.at_sample);
  await client[Symbol.asyncDispose]();
  const ended = await guest.next("ended");
  assertEquals([ended.stream, ended.reason], ["radio", "cancelled"]);
  assertEquals(ended.last_seq, guest.frames.at(-1)!.seq);
});

Deno.test("places of listeners are counted, shown and given back", async () => {
  await using server = startServer({ config: { maxListeners: 1 } });
  const { client, id } = await broadcasting(server);
  const first = await fetch(`${server.url}/v1/listen/${id}`);
  const second = await fetch(`${server.url}/v1/listen/${id}`);
  assertEquals(second.status, 503);
  assert(Number(second.headers.get("retry-after")) > 0);
  assertEquals((await second.json()).code, "busy");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assertStringIncludes(metrics, 'prestissimo_listeners{transport="http"} 1\n');
  await first.body!.cancel();
  for (let tries = 0;; tries++) {
    const third = await fetch(`${server.url}/v1/listen/${id}`);
    await third.body?.cancel();
    if (third.status === 200) break;
    assert(tries < 200);
    await pause(20);
  }
  await client[Symbol.asyncDispose]();
});

Deno.test("a listener who reads nothing is let go; the stream and others play on", async () => {
  const slowLimits = {
    holdBytes: 1 << 20,
    warnMs: 100,
    dropMs: 300,
    closeBytes: 8 << 20,
  };
  await using server = startServer({ slowLimits });
  await using client = new TestClient(server.wsUrl);
  // Much audio: what the system buffers is full soon.
  client.send(start({
    duration: { seconds: 3600 },
    pace: "asap",
    format: { codec: "opus", bitrate: 510_000 },
  }));
  const { public_id } = await client.next("started");
  const dead = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = `GET /v1/listen/${public_id} HTTP/1.1\r\nHost: x\r\n\r\n`;
  await dead.write(new TextEncoder().encode(request));
  const alive = await fetch(`${server.url}/v1/listen/${public_id}`);
  const reader = alive.body!.getReader();
  let heard = 0;
  for (;;) {
    heard += (await reader.read()).value!.length;
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (metrics.includes("prestissimo_listeners_dropped_total 1\n")) break;
    assert(heard < 50_000_000);
  }
  heard = (await reader.read()).value!.length;
  assert(heard > 0);
  await reader.cancel();
  dead.close();
});
