import { assert, assertEquals } from "@std/assert";
import { interleaveS16 } from "../../lib/audio/mod.ts";
import type { Model } from "../../lib/inference/engine.ts";
import { createStream, type MusicStream } from "../../lib/stream/mod.ts";
import type { Snapshot } from "../../lib/stream/snapshot.ts";
import { FakeModel } from "../fakes.ts";
import { openTiny, TINY_SPECTRUM } from "../inference/tiny.ts";
import { ToyModel } from "./toy_model.ts";

const FRAME = 960;
/** What an encoder wants to hear again, in frames. */
const BEFORE = 10;

interface Piece {
  model?: Model;
  duration?: { seconds: number } | { bars: number } | null;
  loop?: boolean;
}

function open(
  { model = new ToyModel(), duration = null, loop = false }: Piece,
  snapshot: Snapshot | null = null,
): Promise<MusicStream> {
  return createStream({
    model,
    controls: { prompts: [{ text: "toy", weight: 1 }], bpm: 120 },
    ...{ seed: 3, duration, loop, steps: null, snapshot },
  });
}

/** Fails at the first value that differs; says no more, for there are very many. */
function assertSame(a: Int16Array, b: Int16Array, message?: string): void {
  assertEquals(a.findIndex((value, i) => value !== b[i]), -1, message);
  assertEquals(a.length, b.length, message);
}

interface Taken {
  snapshot: Snapshot;
  /** First sample that was not read. */
  position: number;
}

/** Reads frames; `at` is called before each. */
async function read(
  stream: MusicStream,
  frames: number,
  at: (frame: number) => unknown = () => {},
): Promise<Int16Array> {
  const parts: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    await at(frame);
    const chunk = await stream.read(FRAME, { deadlineMs: 0 });
    parts.push(...interleaveS16(chunk.left, chunk.right));
    if (chunk.last) break;
  }
  return Int16Array.from(parts);
}

/** What happens to the streams of these tests, by frame. */
const EVENTS: Record<number, (stream: MusicStream) => unknown> = {
  40: (s) =>
    s.update({ energy: 0.8, prompts: [{ text: "other words", weight: 2 }] }, {
      ...{ at: "now", ramp: { seconds: 1.5 } },
    }),
  // Not on the grid of latent frames, and two of them within one.
  90: (s) => s.update({ bpm: 97 }, { at: "beat", ramp: null }),
  91: (s) => s.update({ energy: 0.1 }, { at: "now", ramp: null }),
  140: (s) => s.reset(),
  170: (s) => s.update({ energy: 0.9 }, { at: "4bar", ramp: { beats: 2 } }),
  200: (s) => s.follow({ sample: 0, beat: 0.3, bpm: 101 }),
};

/** Plays with everything that happens; takes a snapshot before every third frame. */
async function play(piece: Piece, frames: number) {
  const stream = await open(piece);
  const taken: Taken[] = [];
  const whole = await read(stream, frames, async (frame) => {
    await EVENTS[frame]?.(stream);
    if (frame % 3 !== 0) return;
    const from = Math.max(0, frame - BEFORE) * FRAME;
    const snapshot = stream.snapshot(from);
    assert(snapshot !== null);
    taken.push({ snapshot, position: frame * FRAME });
  });
  const { changes, degraded } = stream;
  stream.cancel();
  return { whole, taken, changes, degraded: degraded.all };
}

Deno.test("a stream goes on from any snapshot with the samples of one that was left alone", async () => {
  const { whole, taken } = await play({}, 420);
  // After the last of what happens every snapshot holds all of it.
  const complete = taken.filter(({ position }) => position > 200 * FRAME);
  assert(complete.length > 50);
  for (const { snapshot, position } of complete.filter((_, i) => i % 3 === 0)) {
    const again = await open({}, snapshot);
    assertEquals(again.position, snapshot.from);
    const rest = await read(again, 420 - snapshot.from / FRAME);
    assertSame(rest, whole.subarray(2 * snapshot.from), `at ${position}`);
    again.cancel();
  }
});

Deno.test("a snapshot knows the changes that wait, and nothing that comes later", async () => {
  const { whole, taken } = await play({}, 200);
  for (const frame of [42, 93, 141]) {
    const { snapshot } = taken.find(({ position }) =>
      position === frame * FRAME
    )!;
    const again = await open({}, snapshot);
    const first = snapshot.from / FRAME;
    const rest = await read(again, 200 - first, async (n) => {
      const event = first + n > frame ? EVENTS[first + n] : undefined;
      await event?.(again);
    });
    assertSame(rest, whole.subarray(2 * snapshot.from), `at ${frame}`);
    again.cancel();
  }
});

Deno.test("a finite piece ends as it would have; what was changed is remembered", async () => {
  const piece = { duration: { seconds: 6.5 } };
  const { whole, taken, changes } = await play(piece, 1000);
  const { snapshot } = taken.at(-1)!;
  const again = await open(piece, snapshot);
  const rest = await read(again, 1000);
  assertSame(rest, whole.subarray(2 * snapshot.from));
  assertEquals(again.totalSamples, 312_000);
  assertEquals(again.changes, changes);
});

Deno.test("a loop is made again from its beginning, changes and all", async () => {
  const piece = { duration: { bars: 4 }, loop: true };
  const { whole, taken } = await play(piece, 1000);
  const { snapshot } = taken.at(-1)!;
  assertEquals([snapshot.from, snapshot.made], [0, null]);
  assertSame(await read(await open(piece, snapshot), 1000), whole);
});

Deno.test("a real decoder gives the same samples, however its windows lie", async () => {
  await using engine = await openTiny([TINY_SPECTRUM]);
  const model = engine.models.get("tiny_spectrum")!;
  const { whole, taken } = await play({ model }, 260);
  const complete = taken.filter(({ position }) => position > 200 * FRAME);
  for (const { snapshot, position } of complete.filter((_, i) => i % 8 === 0)) {
    const again = await open({ model }, snapshot);
    const rest = await read(again, 260 - snapshot.from / FRAME);
    assertSame(rest, whole.subarray(2 * snapshot.from), `at ${position}`);
    again.cancel();
  }
});

Deno.test("where the music was made with less, it stays so", async () => {
  const model = new FakeModel({ minSteps: 1 });
  model.pressure = 2;
  const options = {
    ...{ model, controls: { bpm: 120 }, seed: 1, duration: null, loop: false },
    ...{ steps: null, elastic: true },
  };
  const stream = await createStream(options);
  const before = await read(stream, 60);
  const snapshot = stream.snapshot(50 * FRAME);
  // No further than what the snapshot holds was made.
  const rest = await read(stream, 30);
  const { degraded } = stream;
  assert(degraded.total > 0, "nothing was made with less");
  model.pressure = 0;
  const again = await createStream({ ...options, snapshot });
  const replayed = await read(again, 40);
  const known = 10 * 2 * FRAME;
  assertSame(replayed.subarray(0, known), before.subarray(-known));
  assertSame(replayed.subarray(known), rest);
  assertEquals(again.degraded.all[0]![0], degraded.all[0]![0]);
  stream.cancel();
  again.cancel();
});
