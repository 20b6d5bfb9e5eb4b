import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Frame, RawClient, s16, START } from "./raw_client.ts";
import { pause, sharedServer } from "./server.ts";

const server = sharedServer();

function checkGapless(frames: Frame[], bpm: number): void {
  frames.forEach(({ seq, sample, beat, payload }, i) => {
    assertEquals([seq, sample], [i, i * 960]);
    assertAlmostEquals(beat, sample * bpm / 2_880_000, 1e-9);
    assert(payload.length > 0);
  });
}

Deno.test("eight streams at once, none with a gap", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const streams = Array.from({ length: 8 }, (_, i) => `s${i}`);
  for (const [i, stream] of streams.entries()) {
    const model = i % 2 ? "tiny" : "tiny_spectrum";
    const bpm = 80 + 10 * i;
    client.send({ ...START, stream, model, bpm, duration: null });
  }
  client.send({ ...START, stream: "ninth", event_id: "ninth" });
  const { code } = await client.next("error", { reply_to: "ninth" });
  assertEquals(code, "too_many_streams");
  const handles = new Set<number>();
  for (const [i, stream] of streams.entries()) {
    const { handle, bpm } = await client.next("started", { stream });
    assertEquals(bpm, 80 + 10 * i);
    handles.add(handle);
    // Four seconds of each.
    checkGapless(await client.framesOf(handle, 200), bpm);
  }
  assertEquals(handles.size, 8);
  for (const stream of streams) client.send({ type: "cancel", stream });
  await client.until(() => client.messages("cancelled").length === 8);
  await server().idle();
});

Deno.test("pause holds, resume goes on; the music is the same", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const piece = { seed: 9, duration: { seconds: 2 } };
  const { done } = await client.play({ ...piece, stream: "through" });
  const stream = "held";
  const playing = client.play({
    ...{ ...piece, stream, pace: "realtime", lead_ms: 500 },
  });
  const { handle } = await client.next("started", { stream });
  await client.framesOf(handle, 30);
  client.send({ type: "pause", stream, event_id: "p" });
  const paused = await client.next("paused", { stream });
  const frames = client.frames(handle).length;
  assertEquals([paused.reply_to, paused.at_sample], ["p", frames * 960]);
  await pause(400);
  assertEquals(client.frames(handle).length, frames);
  client.send({ type: "resume", stream, event_id: "r" });
  const resumed = await client.next("resumed", { stream });
  assertEquals([resumed.reply_to, resumed.at_sample], ["r", frames * 960]);
  const played = await playing;
  checkGapless(played.frames, played.started.bpm);
  assertEquals(played.done.receipt, done.receipt);
});

Deno.test("a held stream can be changed and cancelled", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const stream = "a";
  client.send({ ...START, stream, duration: null });
  const { handle } = await client.next("started", { stream });
  await client.framesOf(handle, 10);
  client.send({ type: "pause", stream });
  const { at_sample } = await client.next("paused", { stream });
  client.send({ type: "update", stream, energy: 1 });
  const scheduled = await client.next("scheduled", { stream });
  assert(scheduled.at_sample >= at_sample);
  client.send({ type: "cancel", stream });
  const { end_sample } = await client.next("cancelled", { stream });
  assertEquals(end_sample, at_sample);
});

for (const model of ["tiny", "tiny_spectrum"]) {
  Deno.test(`${model}: a loop of a bar runs into its start`, async () => {
    await using client = await RawClient.open(server().wsUrl);
    for (const [bpm, meter] of [[120, 4], [133, 3]] as const) {
      const { done, bytes } = await client.play({
        ...{ stream: `${bpm}`, model, bpm, meter, seed: 2, loop: true },
        duration: { bars: 1 },
        format: { codec: "pcm_s16le" },
      });
      const samples = Math.round(meter * 2_880_000 / bpm);
      assertEquals([done.samples, done.end_trim], [samples, 0]);
      const pcm = s16(bytes);
      assertEquals(pcm.length, 2 * samples);
      for (const channel of [0, 1]) {
        const at = (i: number) => pcm[2 * (i % samples) + channel]!;
        let largest = 0;
        for (let i = 0; i < samples - 1; i++) {
          largest = Math.max(largest, Math.abs(at(i + 1) - at(i)));
        }
        const seam = Math.abs(at(samples) - at(samples - 1));
        assert(seam <= largest, `${bpm}: ${seam}, elsewhere ${largest}`);
        // It does not fade out.
        const tail = Array.from({ length: 480 }, (_, i) => at(samples - 1 - i));
        assert(tail.some((value) => Math.abs(value) > 200), `${bpm}: silence`);
      }
    }
  });
}
