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

Deno.test("Score leaves a control on its way when another is changed", () => {
  const [a, b] = [[{ text: "a", weight: 1 }], [{ text: "b", weight: 1 }]];
  const score = new Score({ prompts: a, energy: 0 });
  score.change(0, 1000, { prompts: b, energy: 1 });
  score.change(500, 0, { brightness: 1 });
  assertEquals(score.prompts(600), { from: a, to: b, progress: 0.6 });
  assertEquals(score.value("energy", 600), 0.6);
  score.change(700, 100, { energy: 0 });
  assertEquals(score.value("energy", 700), 0.7);
  assertEquals(score.value("energy", 800), 0);
  assertEquals(Score.of(score.entriesFrom(700)).prompts(750).progress, 0.75);
});

Deno.test("Score begins a morph where the last one has come to", () => {
  const prompt = (text: string) => [{ text, weight: 1 }];
  const score = new Score({ prompts: prompt("a") });
  score.change(0, 1000, { prompts: prompt("b") });
  score.change(250, 1000, { prompts: prompt("c") });
  const { from, to, progress } = score.prompts(250);
  assertEquals([to, progress], [prompt("c"), 0]);
  assertEquals(from, [{ text: "a", weight: 0.75 }, {
    text: "b",
    weight: 0.25,
  }]);
  for (let i = 0; i < 100; i++) {
    score.change(300 + i, 1000, { prompts: prompt(`${i}`) });
  }
  const many = score.prompts(400).from;
  assertEquals(many.length <= 16, true);
  const sum = many.reduce((total, { weight }) => total + weight, 0);
  assertEquals(Math.abs(sum - 1) < 1e-9, true);
});

Deno.test("Score.truncate() forgets what was changed from a sample on", () => {
  const score = new Score({ energy: 0 });
  score.change(1000, 0, { energy: 0.5 });
  score.change(2000, 0, { energy: 1 }, 2500);
  score.truncate(2501);
  assertEquals(score.value("energy", 3000), 1);
  score.truncate(2500);
  assertEquals([score.value("energy", 3000), score.latest.energy], [0.5, 0.5]);
});

Deno.test("Score.forget() keeps what is in force", () => {
  const score = new Score({ energy: 0 });
  score.change(1000, 0, { energy: 0.5 });
  score.change(2000, 0, { energy: 1 });
  score.forget(1500);
  assertEquals(score.entriesFrom(0).length, 2);
  assertEquals(score.value("energy", 1500), 0.5);
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
  queue.add({ ...edit, at: 20, ramp: 100, patch: { brightness: 0 } });
  assertEquals(queue.patches, [
    { density: 1 },
    { energy: 0 },
    { brightness: 0 },
  ]);
  queue.add({ ...edit, at: 20, patch: { brightness: 1 } });
  queue.add({ ...edit, at: 20, patch: { parts: { drums: false } } });
  queue.add({ ...edit, at: 20, ramp: 9, patch: { parts: { bass: false } } });
  assertEquals(queue.next, first);
  const parts = { drums: false, bass: false };
  assertEquals(queue.patches.slice(1), [{ energy: 0, brightness: 1 }, {
    parts,
  }]);
  assertEquals(queue.take(15), []);
  assertEquals(queue.take(10), [first]);
  assertEquals(queue.take(20).map(({ patch }) => patch), [
    { energy: 0, brightness: 1 },
    { parts },
  ]);
  assertEquals(queue.next, undefined);
});
