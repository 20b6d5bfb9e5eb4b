import { assertEquals } from "@std/assert";
import { PcmQueue } from "../../lib/stream/pcm_queue.ts";

function ramp(from: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => from + i);
}

Deno.test("PcmQueue gives back what was pushed, in any cut", () => {
  const queue = new PcmQueue(0);
  queue.push(ramp(0, 7), ramp(100, 7));
  queue.push(ramp(7, 5), ramp(107, 5));
  assertEquals([...queue.shift(3).left], [0, 1, 2]);
  assertEquals([...queue.shift(6).right], [103, 104, 105, 106, 107, 108]);
  assertEquals(queue.start, 9);
  assertEquals(queue.end, 12);
});

Deno.test("PcmQueue drops samples before its start", () => {
  const queue = new PcmQueue(0);
  queue.push(ramp(-4, 6), ramp(-4, 6), -4);
  assertEquals(queue.end, 2);
  assertEquals([...queue.shift(2).left], [0, 1]);
});

Deno.test("PcmQueue voids its end and goes on from there", () => {
  const queue = new PcmQueue(0);
  queue.push(ramp(0, 8), ramp(0, 8));
  queue.truncate(5);
  queue.push(ramp(50, 3), ramp(50, 3));
  assertEquals([...queue.shift(8).left], [0, 1, 2, 3, 4, 50, 51, 52]);
});
