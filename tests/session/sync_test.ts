import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseClientMessage } from "../../lib/protocol/mod.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { snippets } from "../docs/snippets.ts";
import { pause, start, startServer, TestClient } from "./test_server.ts";

/** A beat clock that drifts: a DJ who nudges the platter. */
class DriftingClock {
  readonly #startMs = Date.now();

  /** Beats at a time: 126 a minute, give or take 0.2 % within some seconds. */
  beatAt(timeMs: number): number {
    const s = (timeMs - this.#startMs) / 1000;
    return 5.3 + 2.1 * (s + 0.002 * 3 * (1 - Math.cos(s / 3)));
  }

  bpmAt(timeMs: number): number {
    const s = (timeMs - this.#startMs) / 1000;
    return 126 * (1 + 0.002 * Math.sin(s / 3));
  }
}

Deno.test("downbeats lock within 10 ms to a clock that drifts, over a socket", async () => {
  await using server = startServer({ createStream });
  await using client = new TestClient(server.wsUrl);
  const clock = new DriftingClock();
  const LATENCY_MS = 137;
  client.send(start({
    duration: null,
    lead_ms: 600,
    format: { codec: "pcm_s16le" },
  }));
  const { meter } = await client.next("started");
  await client.next("frame");
  const seconds = 12;
  const endMs = Date.now() + seconds * 1000;
  for (let i = 0; Date.now() < endMs; i++) {
    const time_ms = Date.now();
    client.send({
      ...{ type: "sync", event_id: `s${i}`, stream: "a", time_ms },
      beat: clock.beatAt(time_ms),
      bpm: clock.bpmAt(time_ms),
      latency_ms: LATENCY_MS,
    });
    await pause(250);
  }
  const synced = client.all("synced");
  assert(synced.length > 20, `${synced.length} answers`);
  assertEquals(synced[0]!.reply_to, "s0");
  // A busy machine may let the server run dry: the clock is then set back.
  const { zero_time_ms: zeroMs } = synced.at(-1)!;
  const steady = synced.findIndex((s) => Math.abs(s.zero_time_ms - zeroMs) < 2);
  // The first who knew of the clock as it is now.
  const locked = synced[steady]!.locked_sample;
  const { frames } = client;
  let worst = 0;
  let downbeats = 0;
  for (const [i, frame] of frames.entries()) {
    const next = frames[i + 1];
    if (next === undefined || frame.sample < locked) continue;
    const bar = Math.ceil(frame.beat / meter) * meter;
    if (bar >= next.beat) continue;
    const share = (bar - frame.beat) / (next.beat - frame.beat);
    const sample = frame.sample + share * (next.sample - frame.sample);
    const heardMs = zeroMs + LATENCY_MS + sample / 48;
    const clockBeat = clock.beatAt(heardMs) / meter;
    const off = (clockBeat - Math.round(clockBeat)) * meter;
    worst = Math.max(worst, Math.abs(off) * 60_000 / 126);
    downbeats++;
  }
  assert(downbeats >= 2, `${downbeats} downbeats after sample ${locked}`);
  assert(worst <= 10, `${worst.toFixed(2)} ms over ${downbeats} downbeats`);
});

Deno.test("a clock that cannot be is refused, and the stream plays on", async () => {
  await using server = startServer({ createStream });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  client.send(start({ stream: "asap", duration: { seconds: 3600 } }));
  await client.next("started");
  const sync = (fields: Record<string, unknown>) => ({
    ...{ type: "sync", stream: "a", beat: 0, bpm: 120, time_ms: Date.now() },
    ...fields,
  });
  for (
    const [fields, code, text] of [
      [{ bpm: 300 }, "bad_message", "bpm is 300, accepted"],
      [{ beat: null }, "bad_message", "beat is null"],
      [{ time_ms: 12 }, "bad_message", "at most 60000 ms from the server's"],
      [{ time_ms: Date.now() + 90_000 }, "bad_message", "time_ms is"],
      [{ latency_ms: -1 }, "bad_message", "latency_ms is -1"],
      [{ stream: "b" }, "unknown_stream", 'no stream "b"'],
      [{ stream: "asap" }, "unsupported", "has pace asap"],
    ] as const
  ) {
    client.send(sync(fields));
    const error = await client.next("error");
    assertEquals(error.code, code);
    assertStringIncludes(error.message, text);
  }
  client.send(sync({}));
  await client.next("synced");
  await client.next("frame");
});

Deno.test("the sync of docs/live_coding.md is one", async () => {
  const [text] = await snippets("docs/live_coding.md", "json");
  const parsed = parseClientMessage(text!);
  assert(parsed.ok, JSON.stringify(parsed));
  assertEquals(parsed.message.type, "sync");
});
