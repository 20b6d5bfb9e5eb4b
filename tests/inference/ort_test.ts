import { assertEquals, assertRejects } from "@std/assert";
import type { Provider } from "../../lib/inference/mod.ts";
import { oneLine } from "../../lib/inference/one_line.ts";
import { pickProvider } from "../../lib/inference/ort.ts";

/** Opens on the providers that "work", in so many ms, and fails on the others; some cannot be warmed up. */
function trial(
  ms: Partial<Record<Provider, number>>,
  unfit: Provider[] = [],
) {
  const tried: Provider[] = [];
  const released: Provider[] = [];
  return {
    tried,
    released,
    open(provider: Provider) {
      tried.push(provider);
      return provider in ms
        ? Promise.resolve(provider)
        : Promise.reject(new Error(`no ${provider}\nhere`));
    },
    time: (opened: Provider) => Promise.resolve(ms[opened]!),
    warmUp(opened: Provider) {
      return unfit.includes(opened)
        ? Promise.reject(new Error("too large"))
        : Promise.resolve();
    },
    release(opened: Provider) {
      released.push(opened);
      return Promise.resolve();
    },
  };
}

Deno.test("pickProvider() takes the fastest of cuda, webgpu, cpu that works", async () => {
  type Case = [ReturnType<typeof trial>, Provider, string[], Provider[]];
  const cases: Case[] = [
    [trial({ cuda: 1, webgpu: 8, cpu: 4.24 }), "cuda", [
      "cpu: slower: 4.2 ms, 1.0 ms on cuda",
      "webgpu: slower: 8.0 ms, 1.0 ms on cuda",
    ], ["cpu", "webgpu"]],
    [trial({ webgpu: 8, cpu: 4 }), "cpu", [
      "cuda: no cuda here",
      "webgpu: slower: 8.0 ms, 4.0 ms on cpu",
    ], ["webgpu"]],
    [
      trial({ cpu: 4 }),
      "cpu",
      ["cuda: no cuda here", "webgpu: no webgpu here"],
      [],
    ],
    [trial({ webgpu: 1, cpu: 4 }, ["webgpu"]), "cpu", [
      "cuda: no cuda here",
      "webgpu: too large",
    ], ["webgpu"]],
  ];
  for (const [all, expected, skipped, released] of cases) {
    const reasons: string[] = [];
    const picked = await pickProvider("auto", all, (provider, reason) => {
      reasons.push(`${provider}: ${reason}`);
    });
    assertEquals(picked, { provider: expected, opened: expected });
    assertEquals(all.tried, ["cuda", "webgpu", "cpu"]);
    assertEquals(reasons, skipped);
    assertEquals(all.released, released);
  }
});

Deno.test("pickProvider() leaves nothing open that cannot be warmed up", async () => {
  const all = trial({ cpu: 4 }, ["cpu"]);
  await assertRejects(
    () => pickProvider("cpu", all, () => {}),
    Error,
    "Cannot run on cpu: too large",
  );
  assertEquals(all.released, ["cpu"]);
});

Deno.test("pickProvider() tries nothing else than what is named", async () => {
  const all = trial({ cpu: 4 });
  await assertRejects(
    () => pickProvider("webgpu", all, () => {}),
    Error,
    "Cannot run on webgpu: no webgpu here",
  );
  assertEquals(all.tried, ["webgpu"]);
});

Deno.test("pickProvider() gives all reasons if nothing works", async () => {
  await assertRejects(
    () => pickProvider("auto", trial({}), () => {}),
    Error,
    "Cannot run on any provider: cuda: no cuda here; webgpu: no webgpu here; cpu: no cpu here",
  );
});

Deno.test("oneLine() keeps what a reader can use", () => {
  const place = "/onnxruntime_src/onnxruntime/core/a.cc:136 f(const int&)";
  assertEquals(
    oneLine(new Error(`${place} x == y was false. No\n adapter`)),
    "No adapter",
  );
  assertEquals(oneLine("x".repeat(400)).length, 300);
});
