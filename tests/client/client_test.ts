import { assertEquals, assertRejects } from "@std/assert";
import {
  type ClientEvent,
  connect,
  ConnectionClosedError,
  ServerError,
  type StreamEvent,
} from "../../lib/client/mod.ts";
import { SERVER_EXAMPLES } from "../../lib/protocol/examples.ts";
import type { StartMessage } from "../../lib/protocol/mod.ts";
import {
  answer,
  type FakePeer,
  fakeServer,
  type Script,
} from "./fake_server.ts";

const PROMPTS = [{ text: "rain" }];

/** Answers everything as it should be; `start` gets three packets. */
const obliging: Script = (message, peer) => {
  switch (message.type) {
    case "start":
      peer.send(answer("started", message, { handle: 5 }));
      return peer.sendFrames(5, 3);
    case "update":
      return peer.send(answer("scheduled", message));
    case "pause":
      return peer.send(answer("paused", message));
    case "resume":
      // It knows of no stream of another connection.
      return message.session === undefined
        ? peer.send(answer("resumed", message))
        : peer.send(answer("error", message, { code: "unknown_session" }));
    case "reset":
      return peer.send(answer("reset", message));
    case "cancel":
      return peer.send(answer("cancelled", message));
    case "sync":
      return peer.send(answer("synced", message));
    case "ping":
      return peer.send(answer("pong", message, { t: message.t }));
  }
};

Deno.test("connect() resolves with what the server says of itself", async () => {
  await using server = fakeServer(obliging);
  await using client = await connect(server.url, { key: "a&b" });
  assertEquals(client.hello.protocol, "prestissimo.v1");
  assertEquals(server.urls[0]?.pathname, "/v1/stream");
  assertEquals(server.urls[0]?.searchParams.get("key"), "a&b");
});

Deno.test("connect() rejects when nobody is there", async () => {
  await assertRejects(
    () => connect("http://127.0.0.1:1"),
    ConnectionClosedError,
  );
});

Deno.test("connect() rejects when aborted", async () => {
  await using server = fakeServer(obliging);
  const signal = AbortSignal.abort();
  await assertRejects(() => connect(server.url, { signal }), DOMException);
});

Deno.test("play() yields packets until the stream is done", async () => {
  await using server = fakeServer((message, peer) => {
    obliging(message, peer);
    if (message.type === "start") peer.send(answer("done", message));
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS, duration: { seconds: 1 } });
  const seen: number[][] = [];
  for await (const packet of stream) {
    seen.push([packet.handle, packet.seq, packet.sample, packet.payload[0]!]);
  }
  assertEquals(seen, [[5, 0, 0, 0], [5, 1, 960, 1], [5, 2, 1920, 2]]);
  assertEquals((await stream.started).handle, 5);
  assertEquals((await stream.finished).type, "done");
  assertEquals(stream.ended, true);
});

Deno.test("a stream's verbs resolve with their answers", async () => {
  await using server = fakeServer(obliging);
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  await stream.started;
  assertEquals((await stream.update({ bpm: 90 })).type, "scheduled");
  assertEquals((await stream.pause()).type, "paused");
  assertEquals((await stream.resume()).type, "resumed");
  assertEquals((await stream.reset()).type, "reset");
  const clock = { beat: 1, time_ms: Date.now(), bpm: 120 };
  assertEquals((await stream.sync(clock)).type, "synced");
  assertEquals((await client.ping(3)).t, 3);
  assertEquals((await stream.cancel()).type, "cancelled");
  assertEquals((await stream.finished).type, "cancelled");
});

Deno.test("answers that come out of order find their messages", async () => {
  const held: (() => void)[] = [];
  await using server = fakeServer((message, peer) => {
    if (message.type !== "update") return obliging(message, peer);
    const at_sample = message.bpm ?? 0;
    held.push(() => peer.send(answer("scheduled", message, { at_sample })));
    if (held.length === 2) held.reverse().forEach((send) => send());
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  const [slow, fast] = await Promise.all([
    stream.update({ bpm: 60 }),
    stream.update({ bpm: 180 }),
  ]);
  assertEquals([slow.at_sample, fast.at_sample], [60, 180]);
});

Deno.test("two streams get their own packets", async () => {
  let handle = 0;
  await using server = fakeServer((message, peer) => {
    if (message.type !== "start") return obliging(message, peer);
    handle++;
    peer.send(answer("started", message, { handle }));
    peer.sendFrames(handle, handle);
    peer.send(answer("done", message));
  });
  await using client = await connect(server.url);
  const counts = await Promise.all([1, 2].map(async () => {
    let count = 0;
    for await (const _ of client.play({ prompts: PROMPTS })) count++;
    return count;
  }));
  assertEquals(counts, [1, 2]);
});

Deno.test("play() fails with the server's error", async () => {
  await using server = fakeServer((message, peer) =>
    peer.send(answer("error", message, { code: "busy", retry_after_ms: 9 }))
  );
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  const error = await assertRejects(() => stream.started, ServerError);
  assertEquals([error.code, error.details.retry_after_ms], ["busy", 9]);
  const iterated = await assertRejects(async () => {
    for await (const _ of stream) { /* there is none */ }
  }, ServerError);
  assertEquals(iterated, error);
});

Deno.test("play() says what is wrong with a field", async () => {
  await using server = fakeServer(obliging);
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS, bpm: 300 });
  const error = await assertRejects(() => stream.started, ServerError);
  assertEquals(error.details.param, "bpm");
});

Deno.test("an error of an update leaves the stream alive", async () => {
  await using server = fakeServer(obliging);
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  await assertRejects(() => stream.update({ bpm: 1 }), ServerError, "bpm is 1");
  assertEquals(stream.ended, false);
  assertEquals((await stream.pause()).type, "paused");
});

Deno.test("an internal error ends the stream after its packets", async () => {
  await using server = fakeServer((message, peer) => {
    obliging(message, peer);
    if (message.type !== "start") return;
    peer.send(answer("error", message, {
      code: "internal",
      incident: "i1",
      reply_to: undefined,
    }));
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  let count = 0;
  const error = await assertRejects(async () => {
    for await (const _ of stream) count++;
  }, ServerError);
  assertEquals([count, error.details.incident], [3, "i1"]);
});

Deno.test("leaving the loop cancels the stream", async () => {
  const cancelled = Promise.withResolvers<string>();
  await using server = fakeServer((message, peer) => {
    obliging(message, peer);
    if (message.type === "cancel") cancelled.resolve(message.stream);
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS, stream: "mine" });
  for await (const packet of stream) if (packet.seq === 1) break;
  assertEquals(await cancelled.promise, "mine");
  assertEquals((await stream.finished).type, "cancelled");
});

Deno.test("a stream is cancelled once, however often it is asked", async () => {
  let count = 0;
  await using server = fakeServer((message, peer) => {
    obliging(message, peer);
    if (message.type === "cancel") count++;
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  for await (const _ of stream) {
    stream.cancel();
    break;
  }
  await stream.cancel();
  await client.ping();
  assertEquals(count, 1);
});

Deno.test("listeners hear of warnings until they stop listening", async () => {
  await using server = fakeServer((message, peer) => {
    if (message.type === "update") peer.send(answer("warning", message));
    obliging(message, peer);
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  const heard: StreamEvent[] = [];
  const stop = stream.on("warning", (event) => heard.push(event));
  client.on("scheduled", (event) => heard.push(event));
  await stream.update({ energy: 1 });
  stop();
  await stream.update({ energy: 0 });
  await client.ping();
  const types = heard.map((event) => event.type);
  assertEquals(types, ["warning", "scheduled", "scheduled"]);
});

Deno.test("a lost connection rejects what waits and ends the streams", async () => {
  await using server = fakeServer((message, peer) => {
    if (message.type === "pause") peer.socket.close(1012, "restart");
    else obliging(message, peer);
  });
  await using client = await connect(server.url, { reconnectMs: 0 });
  const stream = client.play({ prompts: PROMPTS });
  await stream.started;
  const error = await assertRejects(
    () => stream.pause(),
    ConnectionClosedError,
    "code 1012: restart",
  );
  assertEquals(error.closeCode, 1012);
  await assertRejects(() => stream.finished, ConnectionClosedError);
  await assertRejects(() => client.ping(), ConnectionClosedError);
  assertEquals((await client.closed).reason, "restart");
});

Deno.test("frames of unknown kinds and handles are ignored", async () => {
  await using server = fakeServer((message, peer) => {
    if (message.type !== "start") return obliging(message, peer);
    peer.send(answer("started", message, { handle: 5 }));
    peer.socket.send(new Uint8Array([9, 9]));
    peer.sendFrames(6, 1);
    peer.sendFrames(5, 1);
    peer.send(answer("done", message));
  });
  await using client = await connect(server.url);
  const handles = [];
  for await (const { handle } of client.play({ prompts: PROMPTS })) {
    handles.push(handle);
  }
  assertEquals(handles, [5]);
});

Deno.test("a lost connection ends for good if there is none to be had again", async () => {
  const server = fakeServer((message, peer) => {
    if (message.type === "pause") peer.socket.close(1012, "restart");
    else obliging(message, peer);
  });
  await using client = await connect(server.url, { reconnectMs: 300 });
  const stream = client.play({ prompts: PROMPTS });
  await stream.started;
  const pause = stream.pause();
  const shutdown = client.closed.then(() => {});
  client.on("disconnected", () => server[Symbol.asyncDispose]());
  await assertRejects(() => pause, ConnectionClosedError);
  await assertRejects(() => stream.finished, ConnectionClosedError);
  await shutdown;
});

Deno.test("a client that is closed stops seeking its server", async () => {
  const server = fakeServer(obliging);
  const client = await connect(server.url);
  const lost = Promise.withResolvers<void>();
  client.on("disconnected", () => lost.resolve());
  await server[Symbol.asyncDispose]();
  await lost.promise;
  const waiting = client.ping();
  await client.close();
  await assertRejects(() => waiting, ConnectionClosedError);
});

/** Starts answered in full, but for the first, which is cut off after `cut`. */
function cutting(cut: (peer: FakePeer) => void) {
  const starts: StartMessage[] = [];
  const script: Script = (message, peer) => {
    if (message.type !== "start") return obliging(message, peer);
    starts.push(message);
    peer.send(answer("started", message, { handle: starts.length, seed: 77 }));
    if (starts.length === 1) {
      peer.sendFrames(1, 2);
      return cut(peer);
    }
    peer.sendFrames(starts.length, 4);
    peer.send(answer("done", message));
  };
  return { starts, script };
}

Deno.test("a finite stream goes on where the lost connection left it", async () => {
  const { starts, script } = cutting((peer) => peer.socket.close(1011));
  await using server = fakeServer(script);
  await using client = await connect(server.url);
  const heard: ClientEvent["type"][] = [];
  client.on("disconnected", ({ type }) => heard.push(type));
  client.on("hello", ({ type }) => heard.push(type));
  const stream = client.play({ prompts: PROMPTS, duration: { seconds: 1 } });
  const seen = [];
  for await (const { seq, discontinuity } of stream) {
    seen.push([seq, discontinuity]);
  }
  assertEquals(seen, [[0, false], [1, false], [2, false], [3, false]]);
  assertEquals(starts.map(({ seed }) => seed), [undefined, 77]);
  assertEquals(heard, ["disconnected", "hello"]);
});

Deno.test("an endless stream begins anew as it was last, and held if it was", async () => {
  const cut = Promise.withResolvers<FakePeer>();
  const held = Promise.withResolvers<void>();
  const { starts, script } = cutting(cut.resolve);
  await using server = fakeServer((message, peer) => {
    script(message, peer);
    if (message.type === "pause" && starts.length === 2) held.resolve();
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS, parts: { bass: false } });
  await stream.update({ bpm: 90, parts: { drums: false }, at: "bar" });
  await stream.pause();
  (await cut.promise).socket.close(1011);
  const seen = [];
  for await (const { seq, discontinuity } of stream) {
    seen.push([seq, discontinuity]);
  }
  assertEquals(seen.slice(0, 3), [[0, false], [1, false], [0, true]]);
  assertEquals([starts[1]!.bpm, starts[1]!.seed], [90, 77]);
  assertEquals(starts[1]!.parts, { bass: false, drums: false });
  await held.promise;
});

Deno.test("what is asked while there is no connection waits for one", async () => {
  const { script } = cutting((peer) => peer.socket.close(1011));
  await using server = fakeServer(script);
  await using client = await connect(server.url);
  const lost = Promise.withResolvers<void>();
  client.on("disconnected", () => lost.resolve());
  const stream = client.play({ prompts: PROMPTS });
  await lost.promise;
  assertEquals((await stream.update({ bpm: 90 })).type, "scheduled");
});

Deno.test("a stream outlives the server that drains it", async () => {
  const { script } = cutting((peer) => {
    peer.send(SERVER_EXAMPLES.draining);
    peer.send({ ...SERVER_EXAMPLES.cancelled, stream: "mine" });
    peer.socket.close(1012);
  });
  await using server = fakeServer(script);
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS, stream: "mine" });
  assertEquals((await stream.finished).type, "done");
});

Deno.test("what was refused may be cancelled again", async () => {
  let asked = 0;
  await using server = fakeServer((message, peer) => {
    if (message.type !== "cancel" || asked++ > 0) {
      return obliging(message, peer);
    }
    peer.send(answer("error", message, { code: "rate_limited" }));
  });
  await using client = await connect(server.url);
  const stream = client.play({ prompts: PROMPTS });
  await stream.started;
  await assertRejects(() => stream.cancel(), ServerError);
  assertEquals((await stream.cancel()).type, "cancelled");
});
