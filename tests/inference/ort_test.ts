import { assertEquals, assertRejects } from "@std/assert";
import type { Provider } from "../../lib/inference/mod.ts";
import { oneLine } from "../../lib/inference/one_line.ts";
import { pickProvider } from "../../lib/inference/ort.ts";

/** Opens on the providers that "work", and fails on the others. */
function attempts(...work: Provider[]) {
  const tried: Provider[] = [];
  const attempt = (provider: Provider) => {
    tried.push(provider);
    return work.includes(provider)
      ? Promise.resolve(`open on ${provider}`)
      : Promise.reject(new Error(`no ${provider}\nhere`));
  };
  return { tried, attempt };
}

Deno.test("pickProvider() takes the first of cuda, webgpu, cpu that works", async () => {
  const cases: [Provider[], Provider, Provider[]][] = [
    [["cuda", "webgpu", "cpu"], "cuda", []],
    [["webgpu", "cpu"], "webgpu", ["cuda"]],
    [["cpu"], "cpu", ["cuda", "webgpu"]],
  ];
  for (const [work, expected, skipped] of cases) {
    const { tried, attempt } = attempts(...work);
    const reasons: string[] = [];
    const picked = await pickProvider("auto", attempt, (provider, reason) => {
      reasons.push(`${provider}: ${reason}`);
    });
    assertEquals(picked, { provider: expected, opened: `open on ${expected}` });
    assertEquals(tried, [...skipped, expected]);
    assertEquals(reasons, skipped.map((each) => `${each}: no ${each} here`));
  }
});

Deno.test("pickProvider() tries nothing else than what is named", async () => {
  const { tried, attempt } = attempts("cpu");
  await assertRejects(
    () => pickProvider("webgpu", attempt, () => {}),
    Error,
    "Cannot run on webgpu: no webgpu here",
  );
  assertEquals(tried, ["webgpu"]);
});

Deno.test("pickProvider() gives all reasons if nothing works", async () => {
  await assertRejects(
    () => pickProvider("auto", attempts().attempt, () => {}),
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
