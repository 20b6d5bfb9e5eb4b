import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  type Message,
  type Played,
  RawClient,
  s16,
  START,
} from "./raw_client.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer();

/** Tempo at which a bar of four beats is no whole number of samples. */
const BPM = 127;
/** Samples of the longest block of the packages: 16 latent frames. */
const BLOCK = 16 * 3840;
const PIECE = {
  bpm: BPM,
  seed: 21,
  duration: { seconds: 4.5 },
  pace: "realtime",
  lead_ms: 2500,
  format: { codec: "pcm_s16le" },
};

/** The first sample frame in which two recordings differ. */
function firstDifference(a: Int16Array, b: Int16Array): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? Infinity : Math.floor(at / 2);
}

/** What is sent while the music plays; `bar` and `beat` name the grid. */
const CHANGES: Record<string, Record<string, unknown>> = {
  now: { type: "update", at: "now", energy: 1, brightness: 0 },
  plain: { type: "update", prompts: [{ text: "rain on a roof" }] },
  tempo: { type: "update", at: "beat", bpm: 60 },
  bar: {
    ...{ type: "update", at: "bar", prompts: [{ text: "chiptune" }] },
    ramp: { beats: 2 },
  },
  parts: { type: "update", at: "bar", parts: { drums: false }, key: "E minor" },
  reset: { type: "reset" },
};

interface Changed extends Played {
  stream: string;
  change: Record<string, unknown>;
  /** The answer to the change. */
  answer: Message;
}

async function playChanged(
  client: RawClient,
  model: string,
  stream: string,
): Promise<Changed> {
  const change = CHANGES[stream]!;
  const playing = client.play({ ...PIECE, model, stream });
  const { handle } = await client.next("started", { stream });
  const sent = (await client.framesOf(handle, 20)).length;
  client.send({ ...change, stream, event_id: stream });
  const type = change.type === "reset" ? "reset" : "scheduled";
  const answer = await client.next(type, { stream });
  assertEquals(answer.reply_to, stream);
  assert(answer.at_sample >= 960 * sent, stream);
  return { stream, change, answer, ...await playing };
}

/** Asserts that a change lands where its quantum says. */
function checkLanding({ stream, change, answer }: Changed): void {
  const { at_sample, at_beat, delay_ms } = answer;
  const about = `${stream}: ${at_sample}`;
  if (change.at === "beat" || change.at === "bar") {
    const quantum = change.at === "beat" ? 1 : 4;
    const count = Math.round(at_beat / quantum);
    assertAlmostEquals(at_beat, count * quantum, 1e-3, about);
    const exact = count * quantum * 60 * 48_000 / BPM;
    assertEquals(at_sample, Math.round(exact), about);
  } else {
    assertEquals(at_sample % 3840, 0, about);
  }
  if (change.type === "reset") return;
  assertAlmostEquals(at_beat, at_sample * BPM / 2_880_000, 1e-9, about);
  assert(delay_ms >= 0, about);
}

/** Asserts that beats go on from the change, at its tempo. */
function checkBeats({ change, answer, frames }: Changed): void {
  for (const { sample, beat } of frames) {
    const after = Math.max(0, sample - answer.at_sample);
    const before = sample - after;
    const bpm = Number(change.bpm ?? BPM);
    const expected = (before * BPM + after * bpm) / 2_880_000;
    assertAlmostEquals(beat, expected, 1e-9, `sample ${sample}`);
  }
}

for (const model of ["tiny", "tiny_spectrum"]) {
  Deno.test(`${model}: a change holds from its sample on, and not before`, async () => {
    await using client = await RawClient.open(server().wsUrl);
    const [untouched, ...runs] = await Promise.all([
      client.play({ ...PIECE, model, stream: "untouched", pace: "asap" }),
      ...Object.keys(CHANGES).map((each) => playChanged(client, model, each)),
    ]);
    const music = s16(untouched.bytes);
    for (const run of runs) {
      const { at_sample } = run.answer;
      assertEquals(run.done.samples, untouched.done.samples);
      checkLanding(run);
      checkBeats(run);
      const differs = firstDifference(s16(run.bytes), music);
      const about = `${run.stream}: ${at_sample}, differs at ${differs}`;
      assert(differs >= at_sample, about);
      assert(differs < at_sample + BLOCK, about);
    }
  });
}

Deno.test("an update in vain: no such stream, no such value", async () => {
  await using client = await RawClient.open(server().wsUrl);
  client.send({ type: "update", stream: "none", event_id: "1", energy: 1 });
  const unknown = await client.next("error", { reply_to: "1" });
  assertEquals([unknown.code, unknown.stream], ["unknown_stream", "none"]);
  client.send({ ...START, event_id: "2", energy: 2 });
  const bad = await client.next("error", { reply_to: "2" });
  assertEquals([bad.code, bad.param], ["bad_message", "energy"]);
});
