import { assert, assertEquals } from "@std/assert";
import type { MusicStream } from "../../lib/stream/mod.ts";
import type { Snapshot } from "../../lib/stream/snapshot.ts";
import { openToy, ToyModel } from "./toy_model.ts";

const FRAME = 960;
const SECOND = 50;

/** A toy whose package wants its music far softer than it is. */
class SoftModel extends ToyModel {
  override readonly manifest = {
    ...new ToyModel().manifest,
    loudness: { lufs: -40, tolerance_lu: 0 },
  };
}

function ask(stream: MusicStream, energy: number | null) {
  return stream.update({ energy }, { at: "now", ramp: null });
}

async function read(
  stream: MusicStream,
  frames: number,
  at: (frame: number) => unknown = () => {},
): Promise<Float32Array> {
  const out = new Float32Array(frames * FRAME);
  for (let frame = 0; frame < frames; frame++) {
    await at(frame);
    const { left, last } = await stream.read(FRAME, { deadlineMs: 0 });
    out.set(left, frame * FRAME);
    if (last) break;
  }
  stream.cancel();
  return out;
}

Deno.test("endless music is held to its package's loudness", async () => {
  const made = await read(
    await openToy(new ToyModel()),
    6 * SECOND,
  );
  const heard = await read(await openToy(new SoftModel()), 6 * SECOND);
  const gain = (second: number) => {
    const i = second * 48_000 + 1000;
    return heard[i]! / made[i]!;
  };
  assertEquals(gain(0), 1);
  assert(gain(5) < 0.5, `${gain(5)}`);
});

Deno.test("music is as loud as it is made where a level is asked for, or parts are taken away, in loops too", async () => {
  for (
    const [controls, loopBars] of [
      [{ energy: 0.5 }, null],
      [{ parts: { drums: false } }, null],
      [{ energy: 0.5 }, 4],
    ] as const
  ) {
    const made = await openToy(new ToyModel(), { controls, loopBars });
    const heard = await openToy(new SoftModel(), { controls, loopBars });
    const frames = 4 * SECOND;
    assertEquals(await read(heard, frames), await read(made, frames));
  }
});

Deno.test("music whose loudness is held goes on from any snapshot as it would have", async () => {
  const stream = await openToy(new SoftModel());
  const taken: Snapshot[] = [];
  const whole = await read(stream, 5 * SECOND, async (frame) => {
    // The gain stays for a second of this.
    if (frame === 100) await ask(stream, 0.9);
    if (frame === 150) await ask(stream, null);
    if (frame % 37 !== 0) return;
    taken.push(stream.snapshot(Math.max(0, frame - 12) * FRAME)!);
  });
  for (const snapshot of taken.filter(({ from }) => from > 160 * FRAME)) {
    const rest = await read(
      await openToy(new SoftModel(), { snapshot: structuredClone(snapshot) }),
      5 * SECOND - snapshot.from / FRAME,
    );
    assertEquals(rest, whole.subarray(snapshot.from));
  }
});

Deno.test("a level that is asked for within a latent frame leaves all before it as it was", async () => {
  const controls = { bpm: 117.3 };
  const plain = await read(
    await openToy(new SoftModel(), { controls }),
    4 * SECOND,
  );
  const stream = await openToy(new SoftModel(), { controls });
  let from = 0;
  const changed = await read(stream, 4 * SECOND, async (frame) => {
    if (frame !== 8) return;
    const scheduled = await stream.update({ energy: 0.9 }, {
      at: "bar",
      ramp: null,
    });
    from = scheduled.atSample;
  });
  // Hops of loudness are 4800 samples: one begins between the frame's first sample and the change.
  assertEquals([from, from % 3840 >= from % 4800], [98_210, true]);
  const first = changed.findIndex((value, i) => value !== plain[i]);
  assert(first >= from, `${first}`);
});
