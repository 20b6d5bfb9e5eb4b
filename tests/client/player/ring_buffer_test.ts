import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RingBuffer } from "../../../lib/client/player/ring_buffer.ts";

const BLOCK = 128;

/** `count` samples that count up from `from`, on both channels. */
function ramp(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + i);
}

function write(ring: RingBuffer, from: number, count: number): void {
  ring.write(ramp(from, count), ramp(-from, count));
}

function read(ring: RingBuffer): Float32Array {
  const left = new Float32Array(BLOCK).fill(NaN);
  ring.read(left, new Float32Array(BLOCK));
  return left;
}

Deno.test("RingBuffer is silent until there is enough", () => {
  const ring = new RingBuffer(4096, 300);
  write(ring, 1, 299);
  assertEquals(read(ring), new Float32Array(BLOCK));
  write(ring, 300, 1);
  assertEquals(read(ring), ramp(1, BLOCK));
  assertEquals([ring.framesPlayed, ring.underruns], [BLOCK, 0]);
});

Deno.test("RingBuffer plays what was written, in order, around its end", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1 });
  fc.assert(fc.property(sizes, (sizes) => {
    const ring = new RingBuffer(1000, 1);
    let written = 0;
    let played = 0;
    for (const size of sizes) {
      write(ring, written, size);
      written += size;
      while (ring.available >= BLOCK) {
        assertEquals(read(ring), ramp(played, BLOCK));
        played += BLOCK;
      }
    }
    assertEquals(ring.sample, played);
    assertEquals(ring.underruns, 0);
  }));
});

Deno.test("RingBuffer counts a gap once and then collects more", () => {
  const ring = new RingBuffer(8192, 200);
  write(ring, 0, 200);
  read(ring);
  const torn = read(ring);
  assertEquals(torn[71], 199);
  assertEquals(torn[72], 0);
  read(ring);
  assertEquals([ring.underruns, ring.state], [1, "filling"]);
  write(ring, 200, 399);
  assertEquals(read(ring)[0], 0);
  write(ring, 599, 1);
  assertEquals(read(ring)[0], 200);
  assertEquals(ring.underruns, 1);
});

Deno.test("RingBuffer does not count the end as a gap", () => {
  const ring = new RingBuffer(1024, 10);
  write(ring, 1, 100);
  ring.end();
  assertEquals(read(ring)[99], 100);
  read(ring);
  assertEquals([ring.underruns, ring.framesPlayed], [0, 100]);
});

Deno.test("RingBuffer plays what is shorter than its threshold once it ends", () => {
  const ring = new RingBuffer(1024, 1000);
  write(ring, 1, 50);
  ring.end();
  assertEquals(read(ring)[49], 50);
});

Deno.test("RingBuffer keeps what is held, and fades instead of clicking", () => {
  const ring = new RingBuffer(8192, 1);
  ring.write(new Float32Array(4096).fill(1), new Float32Array(4096).fill(1));
  read(ring);
  ring.hold(true);
  const faded = [...read(ring), ...read(ring)];
  for (let i = 1; i < faded.length; i++) {
    assert(Math.abs(faded[i]! - faded[i - 1]!) < 0.01);
  }
  assertEquals(faded.at(-1), 0);
  const before = ring.available;
  for (let i = 0; i < 10; i++) assertEquals(read(ring)[0], 0);
  assertEquals([ring.available, ring.underruns], [before, 0]);
  ring.hold(false);
  read(ring);
  read(ring);
  assertEquals(read(ring)[0], 1);
});

Deno.test("RingBuffer fades from what it replaces into what replaces it", () => {
  const ring = new RingBuffer(8192, 1);
  ring.write(new Float32Array(2000).fill(1), new Float32Array(2000).fill(1));
  read(ring);
  ring.replace(5000);
  ring.write(new Float32Array(2000).fill(-1), new Float32Array(2000).fill(-1));
  const heard = [1];
  for (let i = 0; i < 5; i++) heard.push(...read(ring));
  for (let i = 1; i < heard.length; i++) {
    assert(Math.abs(heard[i]! - heard[i - 1]!) < 0.01);
  }
  assertEquals(heard.at(-1), -1);
  assertEquals(ring.sample, 5000 + 5 * BLOCK);
});

Deno.test("RingBuffer drops the oldest when it is full", () => {
  const ring = new RingBuffer(500, 1);
  write(ring, 0, 400);
  write(ring, 400, 300);
  assertEquals([ring.available, ring.sample], [500, 200]);
  assertEquals(read(ring)[0], 200);
});

Deno.test("RingBuffer collects less again after half a minute without a gap", () => {
  const ring = new RingBuffer(48_000, 200);
  for (let gaps = 0; gaps < 3; gaps++) {
    write(ring, 0, ring.lead);
    while (ring.state === "playing") read(ring);
  }
  assertEquals([ring.underruns, ring.lead], [3, 1600]);
  const leads = new Set<number>();
  write(ring, 0, 1600);
  const long = new Float32Array(9600);
  for (let played = 0; played < 120 * 48_000; played += long.length) {
    write(ring, 0, long.length);
    ring.read(long, long);
    leads.add(ring.lead);
  }
  assertEquals([...leads], [1600, 800, 400, 200]);
});

Deno.test("RingBuffer plays nothing from the end on", () => {
  const ring = new RingBuffer(1024, 1);
  ring.replace(1000);
  write(ring, 1, 300);
  ring.end(1100);
  const heard = read(ring);
  assertEquals([heard[99], heard[100]], [100, 0]);
  assertEquals([ring.available, ring.moving], [0, false]);
});
