import { assert, assertEquals } from "@std/assert";
import { opusHead } from "../../lib/audio/mod.ts";
import { Broadcast, type SharedPage } from "../../lib/session/broadcast.ts";
import { listenAsOgg } from "../../lib/session/broadcast_ogg.ts";
import { oggPages, type Page } from "../audio/ogg_pages.ts";

const FRAME = 960;
const PRE_SKIP = 312;

function broadcastOf(onEnd = () => {}): Broadcast {
  return new Broadcast({
    id: "x",
    opusHead: opusHead({ channels: 2, preSkip: PRE_SKIP }),
    bpm: 120,
    meter: 4,
    format: {
      ...{ codec: "opus", frame_ms: 20, frame_samples: FRAME },
      ...{ sample_rate: 48_000, channels: 2, pre_skip: PRE_SKIP },
    },
  }, onEnd);
}

/** Hands out packets `from` to `to`, whose only byte is their number. */
function play(broadcast: Broadcast, from: number, to: number, last = false) {
  for (let seq = from; seq < to; seq++) {
    broadcast.push(
      { seq, sample: seq * FRAME, beat: 0, last: last && seq === to - 1 },
      Uint8Array.of(seq & 255),
      last ? 100 : 0,
    );
  }
}

async function readPages(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Page[] | null> {
  const { value, done } = await reader.read();
  return done ? null : oggPages(value);
}

Deno.test("Broadcast makes pages of 100 ms, and a shorter one at a pause", () => {
  const pages: SharedPage[] = [];
  const told: (string | number)[] = [];
  const broadcast = broadcastOf(() => told.push("over"));
  broadcast.add({
    page: (page) => pages.push(page),
    paused: (at) => told.push("paused", at),
    resumed: (at) => told.push("resumed", at),
    ended: ({ reason }) => told.push(reason),
  });
  play(broadcast, 0, 12);
  assertEquals(pages.map(({ packets }) => packets), [5, 5]);
  broadcast.pause();
  broadcast.pause();
  assertEquals(pages.map(({ packets }) => packets), [5, 5, 2]);
  broadcast.resume();
  play(broadcast, 12, 14, true);
  broadcast.end({ reason: "done", endTrim: 100 });
  broadcast.end({ reason: "cancelled", endTrim: 0 });
  assertEquals(pages.map(({ sample }) => sample / FRAME), [0, 5, 10, 12]);
  assertEquals(pages.map(({ last }) => last), [false, false, false, true]);
  assertEquals(told, [
    "paused",
    12 * FRAME,
    "resumed",
    12 * FRAME,
    "over",
    "done",
  ]);
});

Deno.test("a listener from the beginning gets the stream as it is", async () => {
  const broadcast = broadcastOf();
  const how: string[] = [];
  const body = listenAsOgg(broadcast, {
    comments: { BPM: "120" },
    dropMs: 1000,
    onEnd: (end) => how.push(end),
  });
  const reader = body.getReader();
  const first = readPages(reader);
  await Promise.resolve();
  play(broadcast, 0, 7, true);
  broadcast.end({ reason: "done", endTrim: 100 });
  const pages = [...(await first)!, ...(await readPages(reader))!];
  assertEquals(await readPages(reader), null);
  assertEquals(pages.map(({ flags }) => flags), [2, 0, 0, 4]);
  assertEquals(pages.map(({ sequence }) => sequence), [0, 1, 2, 3]);
  assertEquals(pages.map(({ granule }) => granule), [
    0,
    0,
    5 * FRAME,
    7 * FRAME - 100,
  ]);
  assertEquals(new Set(pages.map(({ serial }) => serial)).size, 1);
  assertEquals(
    new DataView(pages[0]!.data.buffer).getUint16(10, true),
    PRE_SKIP,
  );
  assertEquals([...pages[2]!.data, ...pages[3]!.data], [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(how, ["ended"]);
});

Deno.test("a late listener begins with the newest page and 80 ms of pre-skip", async () => {
  const broadcast = broadcastOf();
  play(broadcast, 0, 103);
  const reader = listenAsOgg(broadcast, {
    comments: {},
    dropMs: 1000,
    onEnd() {},
  }).getReader();
  const [head, tags, audio] = (await readPages(reader))!;
  assertEquals(new DataView(head!.data.buffer).getUint16(10, true), 3840);
  assert(
    new TextDecoder().decode(tags!.data).includes(`FIRST_SAMPLE=${95 * FRAME}`),
  );
  assertEquals([...audio!.data], [95, 96, 97, 98, 99]);
  assertEquals(audio!.granule, 5 * FRAME);
  const next = readPages(reader);
  await Promise.resolve();
  play(broadcast, 103, 105);
  assertEquals((await next)![0]!.granule, 10 * FRAME);
  const last = readPages(reader);
  await Promise.resolve();
  broadcast.end({ reason: "cancelled", endTrim: 0 });
  const [empty] = (await last)!;
  assertEquals([empty!.flags, empty!.granule, empty!.data.length], [
    4,
    10 * FRAME,
    0,
  ]);
  assertEquals(await readPages(reader), null);
});

Deno.test("a slow listener goes on at the live edge, without a hole in its positions", async () => {
  const broadcast = broadcastOf();
  let skipped = 0;
  const reader = listenAsOgg(broadcast, {
    comments: {},
    dropMs: 60_000,
    onSkip: (pages) => skipped += pages,
    onEnd() {},
  }).getReader();
  const first = readPages(reader);
  await Promise.resolve();
  play(broadcast, 0, 5);
  await first;
  play(broadcast, 5, 505);
  const [page] = (await readPages(reader))!;
  assertEquals(page!.data[0], 500 & 255);
  assertEquals([page!.granule, page!.sequence, skipped], [10 * FRAME, 3, 99]);
});

Deno.test("a listener who takes nothing is dropped; nobody else notices", async () => {
  const broadcast = broadcastOf();
  const how: string[] = [];
  const dead = listenAsOgg(broadcast, {
    comments: {},
    dropMs: 30,
    onEnd: (end) => how.push(end),
  });
  const reader = listenAsOgg(broadcast, {
    comments: {},
    dropMs: 60_000,
    onEnd() {},
  }).getReader();
  let heard = 0;
  for (let seq = 0; how.length === 0 || seq < 100; seq += 5) {
    const next = readPages(reader);
    await new Promise((wake) => setTimeout(wake, 1));
    play(broadcast, seq, seq + 5);
    heard += (await next)!.at(-1)!.data.length;
    assert(seq < 100_000);
    if (how.length > 0 && seq >= 100) assertEquals(heard, seq + 5);
  }
  assertEquals(how, ["dropped"]);
  assertEquals(broadcast.listeners, 1);
  await dead.cancel().catch(() => {});
});

Deno.test("a listener who leaves frees its place", async () => {
  const broadcast = broadcastOf();
  const how: string[] = [];
  const body = listenAsOgg(broadcast, {
    comments: {},
    dropMs: 1000,
    onEnd: (end) => how.push(end),
  });
  await body.cancel();
  play(broadcast, 0, 50);
  broadcast.end({ reason: "cancelled", endTrim: 0 });
  assertEquals([how, broadcast.listeners], [["left"], 0]);
});
