import { assert, assertEquals } from "@std/assert";
import { type BeatClock, behind, bendTo } from "../../lib/stream/follow.ts";
import { createStream } from "../../lib/stream/mod.ts";
import { TempoMap } from "../../lib/stream/tempo_map.ts";
import { HOP, ToyModel } from "./toy_model.ts";

const GRID = { meter: 4, hop: HOP };
const BEAT = (bpm: number) => 48_000 * 60 / bpm;

/** Bends as a stream does. */
function follow(tempo: TempoMap, clock: BeatClock, at: number, meter = 4) {
  const bend = bendTo(tempo, clock, at, { meter, hop: HOP });
  if (bend === null) return null;
  tempo.change(at, bend.bpm, 0);
  tempo.change(at + bend.samples, clock.bpm, 0);
  return { ...bend, locked: at + bend.samples };
}

Deno.test("a bend brings the bars together, whatever the error and the tempo", () => {
  for (const meter of [2, 3, 4, 7]) {
    for (const bpm of [40, 41, 60, 119.7, 174, 230, 240]) {
      for (let beat = -meter; beat < 2 * meter; beat += 0.37) {
        const tempo = new TempoMap(120);
        const clock = { sample: 12_345.678, beat, bpm };
        const bent = follow(tempo, clock, 96_000, meter);
        if (bent === null) continue;
        assert(bent.bpm >= 40 - 1e-9 && bent.bpm <= 240 + 1e-9, `${bent.bpm}`);
        assert(Math.abs(bent.bpm / bpm - 1) < 0.2 + 1e-9, `${bent.bpm}`);
        for (const later of [0, 1e6, 1e8]) {
          const off = behind(tempo, clock, bent.locked + later, meter);
          assert(Math.abs(off) * BEAT(bpm) < 2, `${off} beats`);
        }
        assertEquals(
          bendTo(tempo, clock, bent.locked, { meter, hop: HOP }),
          null,
        );
      }
    }
  }
});

Deno.test("a clock that is near enough is left alone, one that leaves is not", () => {
  const near = { sample: 96, beat: 0, bpm: 120 };
  assertEquals(bendTo(new TempoMap(120), near, 0, GRID), null);
  assertEquals(bendTo(new TempoMap(120), { ...near, beat: 8 }, 0, GRID), null);
  const leaving = { ...near, bpm: 120.2 };
  assert(bendTo(new TempoMap(120), leaving, 0, GRID) !== null);
});

Deno.test("downbeats stay within 10 ms of a clock that drifts, jitters and jumps", () => {
  const tempo = new TempoMap(120);
  // A DJ: 0.3 % of drift to and fro, and a jump to another track after a minute.
  const trackAt = (s: number) => 1 + 0.003 * Math.sin(s / 7);
  let beat = 17.3;
  const rate: number[] = [];
  const beats: number[] = [];
  const STEP = 480;
  const seconds = 120;
  for (let i = 0; i < seconds * 100; i++) {
    const bpm = (i < 6000 ? 126.4 : 98) * trackAt(i / 100);
    rate.push(bpm);
    beats.push(beat);
    beat += STEP / BEAT(bpm);
    if (i === 6000) beat += 1.7;
  }
  const JUMP = 6000 * STEP;
  // Where the beats are the clock's, after the beginning and after the jump.
  const locks = [0, JUMP];
  let bends = 0;
  let bentUntil = 0;
  let random = 1;
  const jitter = () => {
    random = (random * 16_807) % 2_147_483_647;
    return (random / 2_147_483_647 - 0.5) * 96; // One ms either way.
  };
  const heard: number[] = [];
  for (let i = 0; i < beats.length; i++) {
    const sample = i * STEP;
    // Later changes are of what is not heard yet.
    heard.push(tempo.beatAt(sample));
    if (i % 50 > 0) continue;
    const clock = {
      sample: sample + jitter(),
      beat: beats[i]!,
      bpm: rate[i]!,
    };
    // The change is heard 400 ms later, on the grid of latent frames, and not
    // before the bend that is under way has ended.
    const landing = Math.ceil((sample + 19_200) / 3840) * 3840;
    const at = Math.max(landing, bentUntil);
    const bent = follow(tempo, clock, at);
    bentUntil = bent?.locked ?? bentUntil;
    if (bent === null) continue;
    bends++;
    const phase = sample < JUMP ? 0 : 1;
    if (Math.abs(bent.bpm / rate[i]! - 1) > 0.05) locks[phase] = bent.locked;
  }
  // Half a bar at most, at a fifth of the tempo: ten beats, and the way there.
  assert(locks[0]! > 0 && locks[0]! < 7 * 48_000, `${locks}`);
  assert(locks[1]! > JUMP && locks[1]! < JUMP + 9 * 48_000, `${locks}`);
  // Music is made anew only where it has to be: far less often than once a message.
  assert(bends < 120, `${bends} of 240`);
  let worst = 0;
  let checked = 0;
  for (let i = 0; i < beats.length; i++) {
    const sample = i * STEP;
    const jumping = sample >= JUMP && sample < locks[1]!;
    if (sample < locks[0]! || jumping) continue;
    const off = (beats[i]! - heard[i]!) / 4;
    const error = Math.abs(off - Math.round(off)) * 4;
    worst = Math.max(worst, error * BEAT(rate[i]!) / 48);
    checked++;
  }
  assert(checked > 10_000);
  assert(worst <= 10, `${worst.toFixed(2)} ms`);
});

Deno.test("Stream follows: nothing before the answer's sample changes, the beats are the clock's", async () => {
  const open = () =>
    createStream({
      model: new ToyModel(),
      controls: { prompts: [{ text: "toy", weight: 1 }], bpm: 120 },
      ...{ seed: 1, duration: null, loop: false, steps: null },
    });
  const [stream, before] = [await open(), await open()];
  const clock = { sample: 1000.5, beat: 6.4, bpm: 131 };
  const pcm: Float32Array[] = [];
  const read = async (count: number) => {
    let last = { sample: 0, beat: 0 };
    for (let i = 0; i < count; i++) {
      last = await stream.read(960, { deadlineMs: 0 });
      const old = await before.read(960, { deadlineMs: 0 });
      pcm.push((last as typeof old).left.map((v, k) => v - old.left[k]!));
    }
    return last;
  };
  await read(20);
  const { atSample, behindMs, lockedSample } = stream.follow(clock);
  assert(atSample >= 20 * 960 && lockedSample > atSample);
  const { sample, beat } = await read(400);
  assert(sample > lockedSample);
  const off = clock.beat + (sample - clock.sample) * 131 / 2_880_000 - beat;
  assert(Math.abs(off - 4 * Math.round(off / 4)) < 1e-4, `${off}`);
  assertEquals([stream.bpm, Math.abs(behindMs) <= 1000], [131, true]);
  const different = pcm.findIndex((frame) => frame.some((v) => v !== 0));
  assert(different * 960 >= atSample - 960, `${different * 960} < ${atSample}`);
  // What is near enough makes nothing anew.
  const again = stream.follow(clock);
  assertEquals(again.lockedSample, again.atSample);
  // Two at once: the later counts, and waits for what the first has bent.
  stream.follow({ ...clock, beat: 7.1 });
  stream.follow({ ...clock, beat: 8 });
  const end = await read(500);
  const left = 8 + (end.sample - clock.sample) * 131 / 2_880_000 - end.beat;
  assert(Math.abs(left - 4 * Math.round(left / 4)) < 1e-4, `${left}`);
  for (const each of [stream, before]) each.cancel();
});

Deno.test("a bend is two updates of the tempo: these make the same samples", async () => {
  const open = () =>
    createStream({
      model: new ToyModel(),
      controls: { prompts: [{ text: "toy", weight: 1 }], bpm: 120 },
      ...{ seed: 1, duration: null, loop: false, steps: null },
    });
  const [bent, updated] = [await open(), await open()];
  const clock = { sample: 1000.5, beat: 6.4, bpm: 131 };
  const bend = bendTo(new TempoMap(120), clock, 20 * 960, GRID)!;
  const now = { at: "now", ramp: null } as const;
  let locked = Infinity;
  for (let i = 0; i < 500; i++) {
    if (i === 20) {
      assertEquals(bent.follow(clock).atSample, 20 * 960);
      locked = 20 * 960 + bend.samples;
      const { atSample } = await updated.update({ bpm: bend.bpm }, now);
      assertEquals(atSample, 20 * 960);
    }
    if (bent.position === locked) {
      const { atSample } = await updated.update({ bpm: 131 }, now);
      assertEquals(atSample, locked);
    }
    const one = await bent.read(960, { deadlineMs: 0 });
    const other = await updated.read(960, { deadlineMs: 0 });
    assertEquals([one.beat, one.left], [other.beat, other.left]);
  }
  assert(bent.position > locked + 48_000);
  for (const each of [bent, updated]) each.cancel();
});
