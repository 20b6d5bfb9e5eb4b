import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { receiptOf } from "../../lib/session/receipt.ts";
import type { Receipt } from "../../lib/protocol/receipt.ts";
import { createStream, type MusicStream } from "../../lib/stream/mod.ts";
import { ToyModel } from "./toy_model.ts";

const SECONDS = 6;

function open(model: ToyModel, receipt: Partial<Receipt> = {}) {
  const { prompts, controls, seed = 3 } = receipt;
  return createStream({
    model,
    controls: {
      prompts: prompts ?? [
        { text: "a", weight: 3 },
        { text: "long one", weight: 0.7 },
        { text: "other", weight: 1.1 },
      ],
      ...controls ?? { bpm: 120, energy: 0.2 },
    },
    seed,
    duration: { seconds: SECONDS },
    loop: false,
    steps: null,
  });
}

/** Does something once so many samples have been read. */
type Act = [position: number, act: (stream: MusicStream) => unknown];

async function play(stream: MusicStream, acts: Act[]): Promise<number[]> {
  const pcm: number[] = [];
  const due = [...acts];
  for (;;) {
    while (due[0] && due[0][0] <= stream.position) {
      await due.shift()![1](stream);
    }
    const chunk = await stream.read(960, { deadlineMs: 0 });
    pcm.push(...chunk.left);
    if (chunk.last) return pcm;
  }
}

function receiptFor(stream: MusicStream, model: ToyModel): Receipt {
  const end = { samples: SECONDS * 48_000, endTrim: 0, pcmSha256: "" };
  return receiptOf(stream, end, { model, provider: "cpu" });
}

const now = { at: "now", ramp: null } as const;
const CHANGES: Act[] = [
  [48_000, (s) => s.update({ energy: 0.9 }, { at: "bar", ramp: { beats: 2 } })],
  [105_600, (s) => s.reset()],
  [
    120_000,
    (s) =>
      s.update({
        prompts: [{ text: "b", weight: 0.3 }, { text: "c", weight: 5 }],
      }, {
        ...now,
        ramp: { seconds: 0.5 },
      }),
  ],
  [150_000, (s) => s.update({ bpm: 90, parts: { drums: false } }, now)],
];

Deno.test("a receipt holds the start, every change and where it landed", async () => {
  const model = new ToyModel();
  const stream = await open(model);
  await play(stream, CHANGES);
  const receipt = receiptFor(stream, model);
  assertEquals(receipt.controls.energy, 0.2);
  assertEquals(receipt.prompts.map(({ text }) => text), [
    ...["a", "long one", "other"],
  ]);
  const [bar, reset, prompts, bpm] = receipt.updates!;
  assertEquals(bar, {
    ...{ at_sample: 96_000, ramp_samples: 48_000 },
    controls: { energy: 0.9 },
  });
  assertEquals(reset!.reset, true);
  assertEquals(prompts!.ramp_samples, 24_000);
  assertEquals(prompts!.prompts!.map(({ text }) => text), ["b", "c"]);
  assertEquals(bpm!.controls, { bpm: 90, parts: { drums: false } });
  assertEquals(receipt.degraded, undefined);
});

Deno.test("what a receipt holds makes the same samples again", async () => {
  const model = new ToyModel();
  const stream = await open(model);
  const pcm = await play(stream, CHANGES);
  const receipt = receiptFor(stream, model);
  // The same changes, asked for as late as they can be.
  const again = receipt.updates!.map((update): Act => [
    update.at_sample - 960,
    (s) =>
      update.reset ? s.reset() : s.update(
        {
          ...update.controls,
          ...(update.prompts && { prompts: update.prompts }),
        },
        { at: "now", ramp: { seconds: update.ramp_samples / 48_000 } },
      ),
  ]);
  const slow = new ToyModel(1);
  const second = await open(slow, receipt);
  const replayed = await play(second, again);
  assertEquals(receiptFor(second, slow), receipt);
  assert(pcm.every((value, i) => value === replayed[i]));
  assertNotEquals(pcm, await play(await open(new ToyModel()), []));
});

Deno.test("a client that changes without end gets no account of it", async () => {
  const model = new ToyModel();
  const stream = await open(model);
  const energy = (i: number) => stream.update({ energy: i / 1000 }, now);
  await stream.read(960, { deadlineMs: 0 });
  for (let i = 0; i < 300; i++) {
    await energy(i);
    if (i % 100 === 50) await stream.read(960, { deadlineMs: 0 });
  }
  // Those that landed on one sample before any of it was made count as one.
  assert(receiptFor(stream, model).updates!.length <= 256);
  for (let i = 0; i < 300; i++) {
    stream.reset();
    await energy(i);
  }
  assertEquals(receiptFor(stream, model).updates, null);
  stream.cancel();
});

Deno.test("a beat clock that was followed is in the receipt, as changes of the tempo", async () => {
  const model = new ToyModel();
  const clock = { sample: 1000.5, beat: 6.4, bpm: 131 };
  const stream = await open(model);
  const pcm = await play(stream, [[48_000, (s) => s.follow(clock)]]);
  const receipt = receiptFor(stream, model);
  const tempi = receipt.updates!.map(({ controls }) => controls!.bpm);
  assertEquals([tempi.length, tempi[1]], [2, 131]);
  const again = receipt.updates!.map(({ at_sample, controls }): Act => [
    at_sample - 960,
    (s) => s.update(controls!, now),
  ]);
  const replayed = await play(await open(model, receipt), again);
  assert(pcm.every((value, i) => value === replayed[i]));
});
