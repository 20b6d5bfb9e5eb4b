import { assert } from "@std/assert";
import { setImmediate } from "node:timers";
import { breathe } from "../../lib/session/breathe.ts";

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

Deno.test("breathe() lets the event loop turn however many streams are busy", async () => {
  // Counts units of work, not time: the machine may be busy with other things.
  const unitMs = 0.3;
  const streams = 64;
  let units = 0;
  let most = 0;
  let busy = true;
  function turn(): void {
    most = Math.max(most, units);
    units = 0;
    if (busy) setImmediate(turn);
  }
  turn();
  async function stream(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      await breathe();
      work(unitMs);
      units++;
    }
  }
  await Promise.all(Array.from({ length: streams }, stream));
  busy = false;
  // Two stretches of 4 ms, each longer by the unit that ends it: fewer than
  // there are streams that wait for the same turn.
  const limit = 2 * (4 / unitMs + 1);
  assert(most <= limit, `${most} units in one turn, at most ${limit}`);
});

Deno.test("breathe() lets timers run", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  for (let i = 0; i < 100; i++) {
    work(2);
    await breathe();
  }
  clearInterval(timer);
  assert(ticks > 20, `${ticks} ticks`);
});
