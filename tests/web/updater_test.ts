import { assert, assertEquals } from "@std/assert";
import {
  ConnectionClosedError,
  type ScheduledMessage,
  type UpdateOptions,
} from "../../lib/client/mod.ts";
import { SERVER_EXAMPLES } from "../../lib/protocol/examples.ts";
import { DEFAULTS } from "../../web/settings.ts";
import { Updater } from "../../web/updater.ts";

/** A stream whose updates the test answers. */
class FakeStream {
  ended = false;
  readonly sent: UpdateOptions[] = [];
  #answer = Promise.withResolvers<ScheduledMessage>();

  update(options: UpdateOptions): Promise<ScheduledMessage> {
    this.sent.push(options);
    return this.#answer.promise;
  }

  answer(): void {
    this.#answer.resolve(SERVER_EXAMPLES.scheduled);
  }

  refuse(error = new Error("no")): void {
    this.#answer.reject(error);
    this.#answer = Promise.withResolvers();
  }
}

function updaterFor(stream: FakeStream) {
  const heard: unknown[] = [];
  const updater = new Updater({
    onScheduled: ({ at_sample }) => heard.push(at_sample),
    onError: (error) => heard.push((error as Error).message),
  });
  updater.begin(stream, DEFAULTS);
  return { updater, heard };
}

const pause = () => new Promise((done) => setTimeout(done, 250));

Deno.test("Updater sends only what differs, with how it is to land", () => {
  const stream = new FakeStream();
  const { updater } = updaterFor(stream);
  updater.want(DEFAULTS);
  updater.want({ ...DEFAULTS, energy: 0.5, at: "bar", rampBeats: 8 });
  assertEquals(stream.sent, [{ energy: 0.5, at: "bar", ramp: { beats: 8 } }]);
});

Deno.test("Updater sends only the newest once the answer is there", async () => {
  const stream = new FakeStream();
  const { updater, heard } = updaterFor(stream);
  for (const bpm of [60, 70, 80, 90]) updater.want({ ...DEFAULTS, bpm });
  assertEquals(stream.sent.map(({ bpm }) => bpm), [60]);
  stream.answer();
  await pause();
  assertEquals(stream.sent.map(({ bpm }) => bpm), [60, 90]);
  assertEquals(heard, [384_000, 384_000]);
});

Deno.test("Updater tells again what a lost connection may have swallowed", async () => {
  const stream = new FakeStream();
  const { updater } = updaterFor(stream);
  updater.want({ ...DEFAULTS, bpm: 60 });
  stream.refuse(new ConnectionClosedError(1006, ""));
  await pause();
  assertEquals(stream.sent.length, 1);
  updater.want({ ...DEFAULTS, bpm: 60 });
  assertEquals(stream.sent.map(({ bpm }) => bpm), [60, 60]);
});

Deno.test("Updater tells of an error and goes on", async () => {
  const stream = new FakeStream();
  const { updater, heard } = updaterFor(stream);
  updater.want({ ...DEFAULTS, bpm: 60 });
  stream.refuse();
  stream.answer();
  await pause();
  updater.want({ ...DEFAULTS, bpm: 70 });
  await pause();
  assertEquals(heard, ["no", 384_000]);
  assertEquals(stream.sent.length, 2);
});

Deno.test("Updater leaves a stream alone that has ended", () => {
  const stream = new FakeStream();
  const { updater } = updaterFor(stream);
  stream.ended = true;
  updater.want({ ...DEFAULTS, bpm: 60 });
  assertEquals(stream.sent, []);
});

Deno.test("Updater knows what only a new stream can do", () => {
  const { updater } = updaterFor(new FakeStream());
  assert(!updater.needsRestart({ ...DEFAULTS, bpm: 60 }));
  assert(updater.needsRestart({ ...DEFAULTS, seed: 60 }));
});
