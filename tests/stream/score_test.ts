import { assertEquals } from "@std/assert";
import type { Controls } from "../../lib/protocol/mod.ts";
import { EditQueue } from "../../lib/stream/edits.ts";
import { mergePatches, Score } from "../../lib/stream/score.ts";

Deno.test("Score keeps what a patch leaves out", () => {
  const score = new Score({ key: "A minor", energy: 0.2 });
  score.change(1000, 0, { energy: 0.8 });
  assertEquals(score.latest, { key: "A minor", energy: 0.8 });
  assertEquals(score.value("energy", 999), 0.2);
  assertEquals(score.value("energy", 1000), 0.8);
});

Deno.test("Score climbs a ramp and stays on top of it", () => {
  const score = new Score({ energy: 0 });
  score.change(1000, 1000, { energy: 1 });
  assertEquals(score.value("energy", 1500), 0.5);
  assertEquals(score.value("energy", 9000), 1);
  assertEquals(score.ramping(1500), true);
  assertEquals(score.ramping(2000), false);
});

Deno.test("Score switches a control that had no value", () => {
  const score = new Score({});
  score.change(1000, 1000, { density: 0.7 });
  assertEquals(score.value("density", 999), null);
  assertEquals(score.value("density", 1001), 0.7);
});

Deno.test("mergePatches() lays parts over parts one by one", () => {
  const merged = mergePatches<Controls>(
    { parts: { drums: false }, energy: 1 },
    { parts: { bass: false } },
  );
  assertEquals(merged, { parts: { drums: false, bass: false }, energy: 1 });
});

Deno.test("EditQueue sorts by time and joins patches for one sample", () => {
  const queue = new EditQueue();
  const edit = { latent: 0, ramp: 0 };
  queue.add({ ...edit, at: 20, patch: { energy: 1 } });
  queue.add({ ...edit, at: 10, patch: { density: 1 } });
  queue.add({ ...edit, at: 20, patch: { energy: 0, brightness: 1 } });
  const first = queue.next!;
  assertEquals(first.at, 10);
  queue.remove(first);
  assertEquals(queue.next?.patch, { energy: 0, brightness: 1 });
  queue.remove(queue.next!);
  assertEquals(queue.next, undefined);
});
