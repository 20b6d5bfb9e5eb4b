import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { OggOpusWriter } from "../../lib/audio/mod.ts";
import { ffmpeg, hasProgram, opusdec } from "../audio/decode.ts";
import { MODELS, sharedServer } from "./server.ts";
import {
  type Frame,
  type Played,
  RawClient,
  s16,
  sha256,
} from "./raw_client.ts";

const server = sharedServer();

/** Asserts what section 3 says of every header; only for a constant tempo. */
function checkFrames(frames: Frame[], started: Played["started"]): void {
  const { bpm, handle, format } = started;
  frames.forEach((frame, i) => {
    assertEquals([frame.seq, frame.handle], [i, handle]);
    assertEquals(frame.sample, i * format.frame_samples);
    assertAlmostEquals(frame.beat, frame.sample * bpm / 2_880_000, 1e-9);
    assertEquals(frame.last, i === frames.length - 1);
    assertEquals(frame.discontinuity, false);
  });
}

async function oggOf({ started, done, frames }: Played): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const writer = new OggOpusWriter({
    opusHead: Uint8Array.fromBase64(started.format.opus_head),
    frameSamples: started.format.frame_samples,
    write: (bytes) => void parts.push(bytes.slice()),
  });
  for (const { payload } of frames) await writer.add(payload);
  await writer.finish({ endTrim: done.end_trim });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

Deno.test("hello comes first and says what the server can do", async () => {
  await using client = await RawClient.open(server().wsUrl);
  assertEquals(client.socket.protocol, "prestissimo.v1");
  const hello = client.heard[0] as Played["started"];
  assertEquals(hello.type, "hello");
  assertEquals(hello.protocol, "prestissimo.v1");
  assertEquals(hello.provider, "cpu");
  assertEquals(hello.models.length, MODELS.length);
  const { models } = await (await fetch(`${server().url}/v1/models`)).json();
  assertEquals(hello.models, models);
  const names = Object.keys(hello.limits).sort();
  const expected = ["message_bytes", "prompt_chars", "prompts", "seconds"];
  assertEquals(names, [...expected, "streams"]);
});

Deno.test("Opus: every header is exact, the music is as long as asked", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const cases = [
    { model: "tiny", duration: { seconds: 1.2345 }, samples: 59_256 },
    {
      model: "tiny_spectrum",
      duration: { bars: 1 },
      bpm: 174,
      meter: 3,
      samples: 49_655,
      format: { codec: "opus", bitrate: 64_000, frame_ms: 60 },
    },
    {
      model: "tiny",
      duration: { seconds: 0.5 },
      samples: 24_000,
      format: { frame_ms: 10 },
    },
  ];
  for (const [i, { samples, ...fields }] of cases.entries()) {
    const played = await client.play({
      ...{ stream: `opus${i}`, event_id: `e${i}`, seed: 5 },
      ...fields,
    });
    const { started, done, frames } = played;
    assertEquals([started.reply_to, started.seed], [`e${i}`, 5]);
    assertEquals(started.model, fields.model);
    checkFrames(frames, started);
    const { frame_samples, pre_skip } = started.format;
    assertEquals(done.samples, samples);
    const decoded = frames.length * frame_samples;
    assertEquals(done.end_trim, decoded - pre_skip - samples);
    assert(done.end_trim < frame_samples);

    const ogg = await oggOf(played);
    for (const [name, decode] of Object.entries({ opusdec, ffmpeg })) {
      if (!await hasProgram(name)) continue;
      const pcm = await decode(ogg);
      assertEquals(pcm.length, 2 * samples, name);
      assert(pcm.some((value) => Math.abs(value) > 100), `${name}: silence`);
    }
  }
});

Deno.test("order: started, audio, where the time went, done", async () => {
  await using client = await RawClient.open(server().wsUrl);
  await client.play({ event_id: "go" });
  const types = client.heard.map(({ type }) => type);
  assertEquals(types.slice(0, 2), ["hello", "started"]);
  assertEquals(types.at(-1), "done");
  const told = await client.next("first_audio", { stream: "a" });
  assertEquals(types.indexOf("frame"), types.indexOf("first_audio") - 1);
  for (const name of ["queue_ms", "prompt_ms", "decode_ms", "encode_ms"]) {
    assert(told[name] >= 0 && told[name] <= told.total_ms, name);
  }
  assert(told.steps_ms.length > 0);
});

Deno.test("PCM: payloads are the samples of the receipt", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const common = { seed: 11, duration: { seconds: 0.777 } };
  for (const model of ["tiny", "tiny_spectrum"]) {
    const start = { ...common, model };
    const short = await client.play({
      ...{ ...start, stream: `${model}_s16` },
      format: { codec: "pcm_s16le" },
    });
    checkFrames(short.frames, short.started);
    const { done } = short;
    assertEquals([done.samples, done.end_trim], [37_296, 0]);
    assertEquals(short.bytes.length, 4 * done.samples);
    assertEquals(await sha256(short.bytes), done.receipt.pcm_sha256);

    const float = await client.play({
      ...{ ...start, stream: `${model}_f32` },
      format: { codec: "pcm_f32le", frame_ms: 40 },
    });
    checkFrames(float.frames, float.started);
    assertEquals(float.done.receipt, done.receipt);
    const values = new Float32Array(float.bytes.slice().buffer);
    const expected = s16(short.bytes);
    assertEquals(values.length, expected.length);
    values.forEach((value, i) => {
      // Half a step of rounding, and the scale may be 32767 or 32768.
      const near = Math.abs(value * 32_768 - expected[i]!) <= 1.5;
      assert(near, `sample ${i}: ${value}, ${expected[i]}`);
    });
  }
});

Deno.test("what was asked is answered as resolved", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const { started, done } = await client.play({
    prompts: [{ text: "  jazz at 97 bpm ", weight: 3 }, {
      text: "rain",
      weight: 1,
    }],
    key: "A minor",
    chords: "Am F C G",
    parts: { melody: false },
    steps: 2,
    meter: 5,
    density: 0.25,
  });
  assertEquals([started.bpm, started.meter], [97, 5]);
  const prompts = [{ text: "jazz at 97 bpm", weight: 0.75 }];
  prompts.push({ text: "rain", weight: 0.25 });
  assertEquals(started.prompts, prompts);
  const { receipt } = done;
  assertEquals(receipt.seed, started.seed);
  assertEquals([receipt.model, receipt.steps], ["tiny", 2]);
  assertEquals(receipt.prompts, prompts);
  assertEquals(receipt.controls.chords, "Am F C G");
  assertEquals(receipt.controls.parts.melody, false);
  assertEquals(receipt.model_sha256.length, 64);
});

Deno.test("what the package makes nothing of is warned of, and plays", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const model = "tiny_spectrum";
  await client.play({ model, guidance: 3, prompts: [{ text: "qqq" }] });
  const ignored = await client.next("warning", { code: "control_ignored" });
  assert(ignored.message.includes("guidance"));
  const unknown = await client.next("warning", {
    code: "prompt_not_understood",
  });
  assert(unknown.message.includes("qqq"));
});
