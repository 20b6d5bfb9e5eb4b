import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Scheduler } from "../../lib/inference/scheduler.ts";

/** An executor whose units end when told to. */
class FakeExecutor {
  readonly started: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<string>>();
  active = 0;

  start(name: string): () => Promise<string> {
    const end = Promise.withResolvers<string>();
    this.#ends.set(name, end);
    return async () => {
      this.started.push(name);
      assertEquals(++this.active, 1);
      try {
        return await end.promise;
      } finally {
        this.active--;
      }
    };
  }

  async finish(name: string): Promise<void> {
    this.#ends.get(name)!.resolve(name);
    await settle();
  }

  async fail(name: string, reason: Error): Promise<void> {
    this.#ends.get(name)!.reject(reason);
    await settle();
  }
}

/** Lets all that is due in microtasks happen. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Scheduler starts at once when nothing runs, and one at a time", async () => {
  const scheduler = new Scheduler();
  const executor = new FakeExecutor();
  const a = scheduler.run(executor.start("a"), { deadlineMs: 5 });
  const b = scheduler.run(executor.start("b"), { deadlineMs: 1 });
  assertEquals(executor.started, ["a"]);
  assertEquals(scheduler.waiting, 1);
  await executor.finish("a");
  assertEquals(executor.started, ["a", "b"]);
  await executor.finish("b");
  assertEquals(await Promise.all([a, b]), ["a", "b"]);
  assertEquals(scheduler.waiting, 0);
});

Deno.test("Scheduler runs in the order of deadlines, equal ones as they came", async () => {
  const unit = fc.record({ deadlineMs: fc.integer({ min: 0, max: 4 }) });
  await fc.assert(fc.asyncProperty(fc.array(unit), async (units) => {
    const scheduler = new Scheduler();
    const order: number[] = [];
    const gate = Promise.withResolvers<void>();
    const first = scheduler.run(() => gate.promise, { deadlineMs: 0 });
    const rest = units.map((options, i) =>
      scheduler.run(() => Promise.resolve(order.push(i)), options)
    );
    gate.resolve();
    await Promise.all([first, ...rest]);
    const expected = units.map((unit, i) => ({ ...unit, i }))
      .sort((a, b) => a.deadlineMs - b.deadlineMs || a.i - b.i);
    assertEquals(order, expected.map(({ i }) => i));
  }));
});

Deno.test("Scheduler drops a waiting unit when its signal aborts", async () => {
  const scheduler = new Scheduler();
  const executor = new FakeExecutor();
  const abort = new AbortController();
  const running = scheduler.run(executor.start("running"), { deadlineMs: 0 });
  const waiting = scheduler.run(executor.start("dropped"), {
    deadlineMs: 1,
    signal: abort.signal,
  });
  const last = scheduler.run(executor.start("last"), { deadlineMs: 2 });
  const reason = new Error("no longer wanted");
  const rejected = assertRejects(() => waiting, Error, "no longer wanted");
  abort.abort(reason);
  await rejected;
  assertEquals(scheduler.waiting, 1);
  await executor.finish("running");
  await executor.finish("last");
  await Promise.all([running, last]);
  assertEquals(executor.started, ["running", "last"]);
});

Deno.test("Scheduler completes a running unit whose signal aborts", async () => {
  const scheduler = new Scheduler();
  const executor = new FakeExecutor();
  const abort = new AbortController();
  const unit = scheduler.run(executor.start("a"), {
    deadlineMs: 0,
    signal: abort.signal,
  });
  abort.abort();
  await executor.finish("a");
  assertEquals(await unit, "a");
});

Deno.test("Scheduler rejects a unit that is aborted before it comes", async () => {
  const scheduler = new Scheduler();
  await assertRejects(
    () =>
      scheduler.run(() => Promise.resolve(1), {
        deadlineMs: 0,
        signal: AbortSignal.abort(new Error("too late")),
      }),
    Error,
    "too late",
  );
});

Deno.test("Scheduler goes on after a unit that fails", async () => {
  const scheduler = new Scheduler();
  const executor = new FakeExecutor();
  const a = scheduler.run(executor.start("a"), { deadlineMs: 0 });
  const b = scheduler.run(executor.start("b"), { deadlineMs: 1 });
  const failed = assertRejects(() => a, Error, "broken");
  await executor.fail("a", new Error("broken"));
  await failed;
  await executor.finish("b");
  assertEquals(await b, "b");
});

Deno.test("Scheduler tells how long a unit waited and ran", async () => {
  const scheduler = new Scheduler();
  const timings: { queueMs: number; runMs: number }[] = [];
  const options = {
    deadlineMs: 0,
    onTiming: (timing: typeof timings[number]) => timings.push(timing),
  };
  const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
  await Promise.all([
    scheduler.run(wait, options),
    scheduler.run(wait, options),
  ]);
  const [first, second] = timings;
  assert(first!.queueMs < 15 && first!.runMs >= 25);
  assert(second!.queueMs >= 25 && second!.runMs >= 25);
});

Deno.test("Scheduler has no place for a deadline that is no number", async () => {
  await assertRejects(
    () => new Scheduler().run(() => Promise.resolve(), { deadlineMs: NaN }),
    RangeError,
    "deadline NaN",
  );
});

Deno.test("close() rejects what waits and what comes, and waits for what runs", async () => {
  const scheduler = new Scheduler();
  const executor = new FakeExecutor();
  const running = scheduler.run(executor.start("a"), { deadlineMs: 0 });
  const abort = new AbortController();
  const waiting = scheduler.run(executor.start("b"), {
    deadlineMs: 1,
    signal: abort.signal,
  });
  const rejected = assertRejects(() => waiting, Error, "over");
  let closed = false;
  const closing = scheduler.close(new Error("over")).then(() => closed = true);
  await rejected;
  abort.abort();
  assert(!closed);
  await executor.finish("a");
  await closing;
  assertEquals(await running, "a");
  await assertRejects(
    () => scheduler.run(executor.start("c"), { deadlineMs: 0 }),
    Error,
    "over",
  );
  assertEquals(executor.started, ["a"]);
});
