import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { setImmediate } from "node:timers";
import type { WorkOptions } from "../../lib/inference/engine.ts";
import { type Job, Scheduler } from "../../lib/inference/scheduler.ts";
import { WorkerLostError } from "../../lib/inference/worker_lost.ts";

/** A scheduler that has one worker and is asked to run functions. */
function oneWorker() {
  const scheduler = new Scheduler<number>();
  scheduler.add(1);
  return {
    get waiting() {
      return scheduler.waiting;
    },
    close: (reason: Error) => scheduler.close(reason),
    run: <T>(execute: () => Promise<T>, options: WorkOptions) =>
      scheduler.run(job(execute), null, options),
  };
}

function job<T>(execute: (worker: number) => Promise<T>): Job<number, null, T> {
  return {
    key: "any",
    mostRows: 1,
    repeatable: true,
    rows: () => 1,
    async execute(worker) {
      const begin = performance.now();
      const outputs = [await execute(worker)];
      return { outputs, ms: performance.now() - begin };
    },
  };
}

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

/** Lets all that is due happen, the scheduler's own turn of the event loop included. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => setImmediate(() => setImmediate(resolve)), 0);
  });
}

Deno.test("Scheduler starts at once when nothing runs, and one at a time", async () => {
  const scheduler = oneWorker();
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
    const scheduler = oneWorker();
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
  const scheduler = oneWorker();
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
  const scheduler = oneWorker();
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
  const scheduler = oneWorker();
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
  const scheduler = oneWorker();
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
  const scheduler = oneWorker();
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
    () => oneWorker().run(() => Promise.resolve(), { deadlineMs: NaN }),
    RangeError,
    "deadline NaN",
  );
});

Deno.test("close() rejects what waits and what comes, and waits for what runs", async () => {
  const scheduler = oneWorker();
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

/** Adds numbers; inputs that come together are told of each other. */
function adding(
  most: number,
  batches: number[][],
): Job<string, number, number> {
  return {
    key: "add",
    mostRows: most,
    repeatable: true,
    rows: () => 1,
    execute(_worker, inputs) {
      batches.push(inputs);
      return Promise.resolve({ outputs: inputs.map((n) => n + 1), ms: 1 });
    },
  };
}

Deno.test("units of a kind share a run, up to its limit, and each gets its own result", async () => {
  const scheduler = new Scheduler<string>();
  const batches: number[][] = [];
  const kind = adding(3, batches);
  const units = [1, 2, 3, 4, 5].map((n) =>
    scheduler.run(kind, n, { deadlineMs: 1e9 + n })
  );
  const other = scheduler.run({ ...adding(3, batches), key: "other" }, 9, {
    deadlineMs: 1e9 + 1.5,
  });
  scheduler.add("worker");
  assertEquals(await Promise.all(units), [2, 3, 4, 5, 6]);
  assertEquals(await other, 10);
  assertEquals(batches, [[1, 2, 3], [9], [4, 5]]);
});

Deno.test("a unit does not wait for company that would make it late", async () => {
  const scheduler = new Scheduler<string>({ now: () => 0 });
  const batches: number[][] = [];
  const kind = adding(4, batches);
  scheduler.costs.record("add", 1, 10);
  scheduler.costs.record("add", 2, 20);
  const urgent = scheduler.run(kind, 1, { deadlineMs: 15 });
  const later = scheduler.run(kind, 2, { deadlineMs: 1000 });
  scheduler.add("worker");
  await Promise.all([urgent, later]);
  assertEquals(batches, [[1], [2]]);
});

Deno.test("every worker gets work, and what one loses another does again", async () => {
  const scheduler = new Scheduler<number>();
  const seen: number[] = [];
  const lost = job((worker) => {
    seen.push(worker);
    if (worker === 1) {
      scheduler.remove(1);
      return Promise.reject(new WorkerLostError("gone"));
    }
    return Promise.resolve("done");
  });
  scheduler.add(1);
  const unit = scheduler.run(lost, null, { deadlineMs: 0 });
  await settle();
  assertEquals([scheduler.waiting, scheduler.workers], [1, 0]);
  scheduler.add(2);
  assertEquals(await unit, "done");
  assertEquals(seen, [1, 2]);
});

Deno.test("a unit that costs three workers is given up", async () => {
  const scheduler = new Scheduler<number>();
  let tries = 0;
  const deadly = job(() => {
    tries++;
    return Promise.reject(new WorkerLostError("gone"));
  });
  scheduler.add(1);
  await assertRejects(
    () => scheduler.run(deadly, null, { deadlineMs: 0 }),
    WorkerLostError,
  );
  assertEquals(tries, 3);
});
