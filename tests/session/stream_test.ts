import { assert, assertEquals } from "@std/assert";
import {
  interleaveF32,
  interleaveS16,
  OggOpusWriter,
} from "../../lib/audio/mod.ts";
import { LIMITS, PROTOCOL } from "../../lib/protocol/mod.ts";
import { hasProgram, opusdec } from "../audio/decode.ts";
import { sineAt } from "../fakes.ts";
import { start, startServer, TestClient } from "./test_server.ts";

/** The music of a sine stream, planar. */
function music(samples: number): [Float32Array, Float32Array] {
  const wave = (channel: 0 | 1) =>
    Float32Array.from({ length: samples }, (_, i) => sineAt(i, channel));
  return [wave(0), wave(1)];
}

async function hexOfSha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function joined(payloads: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(payloads.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

Deno.test("a connection begins with hello", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const hello = await client.next("hello");
  assertEquals(client.heard[0], hello);
  assertEquals(client.socket.protocol, PROTOCOL);
  assertEquals(hello.protocol, PROTOCOL);
  assertEquals(hello.provider, "cpu");
  assertEquals(hello.limits, { ...LIMITS, streams: 8 });
  assertEquals(hello.models.map(({ id }) => id), ["fake"]);
  assertEquals(hello.models[0]!.latent_rate, 12.5);
});

Deno.test("a finite Opus stream: started, frames, first_audio, done", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ event_id: "e1", seed: 7 }));
  const done = await client.next("done");
  const types = client.heard.map(({ type }) => type);
  assertEquals(types.slice(0, 4), ["hello", "started", "frame", "first_audio"]);
  assertEquals(types.at(-1), "done");

  const [started] = client.all("started");
  assert(started);
  assertEquals(started.reply_to, "e1");
  assertEquals([started.seed, started.bpm, started.meter], [7, 120, 4]);
  assertEquals(started.prompts, [{ text: "a sine", weight: 1 }]);
  const { opus_head, ...format } = started.format;
  assertEquals(format, {
    codec: "opus",
    bitrate: 128_000,
    frame_ms: 20,
    sample_rate: 48_000,
    channels: 2,
    frame_samples: 960,
    pre_skip: 312,
  });
  const head = Uint8Array.fromBase64(opus_head!);
  assertEquals(new TextDecoder().decode(head.subarray(0, 8)), "OpusHead");

  const { frames } = client;
  assertEquals(frames.length, Math.ceil((48_000 + 312) / 960));
  frames.forEach((frame, i) => {
    assertEquals(frame.handle, started.handle);
    assertEquals(frame.seq, i);
    assertEquals(frame.sample, i * 960);
    assert(Math.abs(frame.beat - i * 960 / 24_000) < 1e-9);
    assertEquals(frame.last, i === frames.length - 1);
    assertEquals(frame.discontinuity, false);
  });
  assertEquals(done.samples, 48_000);
  assertEquals(done.end_trim, frames.length * 960 - 312 - 48_000);

  const [first] = client.all("first_audio");
  assert(first);
  assertEquals([first.queue_ms, first.prompt_ms, first.decode_ms], [1, 2, 5]);
  assertEquals(first.steps_ms, [3, 4]);
  assert(first.total_ms >= first.encode_ms);
});

Deno.test("done has a receipt with the digest of the music", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ seed: 3, bpm: 90, steps: 3, key: null }));
  const { receipt } = await client.next("done");
  const [left, right] = music(48_000);
  const pcm_sha256 = await hexOfSha256(interleaveS16(left, right));
  assertEquals(receipt, {
    model: "fake",
    model_sha256: "f".repeat(64),
    provider: "cpu",
    precision: "fp32",
    seed: 3,
    steps: 3,
    prompts: [{ text: "a sine", weight: 1 }],
    controls: { bpm: 90, key: null, meter: 4 },
    samples: 48_000,
    pcm_sha256,
  });
});

Deno.test("PCM streams carry exactly the music", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const seconds = 0.333;
  const samples = Math.round(seconds * 48_000);
  const [left, right] = music(samples);
  const wanted = {
    pcm_s16le: new Uint8Array(interleaveS16(left, right).buffer),
    pcm_f32le: new Uint8Array(interleaveF32(left, right).buffer),
  };
  for (const [codec, bytes] of Object.entries(wanted)) {
    const duration = { seconds };
    client.send(start({ stream: codec, duration, format: { codec } }));
    const started = await client.next("started");
    const done = await client.next("done");
    assertEquals(started.format.pre_skip, 0);
    assertEquals(started.format.opus_head, undefined);
    assertEquals([done.samples, done.end_trim], [samples, 0]);
    const frames = client.frames.filter(({ handle }) =>
      handle === started.handle
    );
    assertEquals(joined(frames.map(({ payload }) => payload)), bytes);
    assertEquals(frames.at(-1)!.last, true);
  }
});

for (const frame_ms of [10, 20, 40, 60]) {
  Deno.test(`frames of ${frame_ms} ms are gapless and end to the sample`, async () => {
    await using server = startServer();
    await using client = new TestClient(server.wsUrl);
    const format = { codec: "opus", frame_ms, bitrate: 64_000 };
    client.send(start({ format, duration: { seconds: 0.5 } }));
    const { samples, end_trim } = await client.next("done");
    const size = 48 * frame_ms;
    assertEquals(client.frames.map((f) => f.sample / size), [
      ...client.frames.keys(),
    ]);
    assertEquals(client.frames.length * size - 312 - end_trim, samples);
    assert(end_trim < size);
  });
}

Deno.test("packets in a container decode to exactly the asked length", async () => {
  if (!await hasProgram("opusdec")) return;
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: { seconds: 0.7654 } }));
  const { format } = await client.next("started");
  const { samples, end_trim: endTrim } = await client.next("done");
  const pages: Uint8Array[] = [];
  const writer = new OggOpusWriter({
    opusHead: Uint8Array.fromBase64(format.opus_head!),
    frameSamples: format.frame_samples,
    write: (bytes) => void pages.push(bytes.slice()),
  });
  for (const { payload } of client.frames) await writer.add(payload);
  await writer.finish({ endTrim });
  const decoded = await opusdec(joined(pages));
  assertEquals(samples, Math.round(0.7654 * 48_000));
  assertEquals(decoded.length, 2 * samples);
});

Deno.test("streams on one connection are independent", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const ids = Array.from({ length: 8 }, (_, i) => `s${i}`);
  for (const stream of ids) client.send(start({ stream, seed: 1 }));
  for (const _ of ids) await client.next("done");
  const handles = client.all("started").map(({ handle }) => handle);
  assertEquals(new Set(handles).size, 8);
  const payloads = handles.map((handle) =>
    joined(
      client.frames.filter((f) => f.handle === handle).map((f) => f.payload),
    )
  );
  for (const bytes of payloads) assertEquals(bytes, payloads[0]);
});

Deno.test("a seed is drawn where none is given, and ids are free after done", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const seeds = new Set<number>();
  for (let i = 0; i < 3; i++) {
    client.send(start({ duration: { seconds: 0.1 } }));
    seeds.add((await client.next("started")).seed);
    await client.next("done");
  }
  assertEquals(seeds.size, 3);
});

Deno.test("peaks are bent, never clipped, before they are sent", async () => {
  await using server = startServer({ sine: { amplitude: 3 } });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ format: { codec: "pcm_f32le" } }));
  await client.next("done");
  const bytes = joined(client.frames.map(({ payload }) => payload));
  const peak = new Float32Array(bytes.buffer)
    .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert(peak > 0.7 && peak < 0.8, `peak ${peak}`);
});

Deno.test("warnings name ignored controls and prompts without a known word", async () => {
  await using server = startServer();
  await using client = new TestClient(server.wsUrl);
  const prompts = [{ text: "a sine" }, { text: "qwxzy", weight: 3 }];
  client.send(start({ prompts, key: "A minor", density: 0.5, event_id: "e" }));
  await client.next("started");
  const warnings = [
    await client.next("warning"),
    await client.next("warning"),
    await client.next("warning"),
  ];
  assertEquals(warnings.map(({ code }) => code), [
    "control_ignored",
    "control_ignored",
    "prompt_not_understood",
  ]);
  assert(warnings[0]!.message.includes("key"));
  assert(warnings[1]!.message.includes("density"));
  assert(warnings[2]!.message.includes("qwxzy"));
  for (const { stream, reply_to } of warnings) {
    assertEquals([stream, reply_to], ["a", "e"]);
  }
});
