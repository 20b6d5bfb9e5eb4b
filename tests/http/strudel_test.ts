import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ClipCache } from "../../lib/http/strudel/clip_cache.ts";
import { start, startServer, TestClient } from "../session/test_server.ts";

type SampleMap = Record<string, string[]> & { _base: string };

async function mapOf(url: string): Promise<SampleMap> {
  const response = await fetch(url);
  assertEquals(response.status, 200);
  return await response.json();
}

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  assertEquals(response.status, 200, await response.clone().text());
  return await response.bytes();
}

Deno.test("a map names loops of exactly so many samples, by unique URLs", async () => {
  await using server = startServer();
  const url = `${server.url}/v1/strudel.json?prompt=a+sine&bars=2&bpm=125`;
  const response = await fetch(url);
  assertEquals(response.headers.get("x-bpm"), "125");
  const map: SampleMap = await response.json();
  // The fake understands no parts.
  assertEquals(Object.keys(map), ["_base", "presto"]);
  assert(map._base.startsWith(`${server.url}/v1/strudel/ffffffffffff/`));
  assertEquals(new Set(map.presto).size, 4);
  assertEquals(await mapOf(url), map);
  // Nothing was made for it: the streams that read the tempo are cancelled.
  assert(server.streams.every((s) => s.cancelled && s.position === 0));
  const sample = await fetch(map._base + map.presto![1]);
  assertEquals(sample.headers.get("content-type"), "audio/wav");
  assertStringIncludes(sample.headers.get("cache-control")!, "immutable");
  assertEquals(
    sample.headers.get("x-seed"),
    `${(Number(response.headers.get("x-seed")) + 1) % 2 ** 32}`,
  );
  const wav = await sample.bytes();
  assertEquals(new TextDecoder().decode(wav.subarray(36, 40)), "smpl");
  assertEquals(wav.length, 112 + 4 * 2 * 4 * 60 * 48_000 / 125);
});

Deno.test("who leaves before the map is there is no fault of the server", async () => {
  await using server = startServer({
    createStream: (options, { signal } = {}) =>
      new Promise((_, reject) => {
        void options;
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  const leave = AbortSignal.timeout(50);
  const url = `${server.url}/v1/strudel.json?prompt=a`;
  await assertRejects(() => fetch(url, { signal: leave }));
  await new Promise((wake) => setTimeout(wake, 100));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assertStringIncludes(metrics, 'prestissimo_cancels_total{by="client"} 1');
  assertEquals(metrics.includes('code="internal"'), false);
});

Deno.test("a sample is made once; then it comes from memory", async () => {
  await using server = startServer();
  const map = await mapOf(`${server.url}/v1/strudel.json?prompt=a&bars=1`);
  const url = map._base + map.presto![0];
  const before = server.streams.length;
  const first = await bytesOf(url);
  assertEquals(server.streams.length, before + 1);
  assertEquals(await bytesOf(url), first);
  const head = await fetch(url, { method: "HEAD" });
  assertEquals(head.headers.get("content-length"), `${first.length}`);
  assertEquals(server.streams.length, before + 1);
  await bytesOf(map._base + map.presto![1]);
  assertEquals(server.streams.length, before + 2);
});

Deno.test("everything that was left open is in the samples' URLs", async () => {
  await using server = startServer();
  const query = "prompt=a&prompt=b&key=A+minor&chords=Am+F&meter=3&name=my_1";
  const map = await mapOf(`${server.url}/v1/strudel.json?${query}`);
  const url = new URL(map._base + map.my_1![0]);
  assertEquals(url.searchParams.getAll("prompt"), ["a", "b"]);
  const { prompt: _, seed, ...rest } = Object.fromEntries(url.searchParams);
  assertEquals(rest, {
    ...{ key: "A minor", chords: "Am F", meter: "3" },
    ...{ bars: "4", bpm: "120", model: "fake", steps: "2" },
  });
  assert(Number(seed) >= 0);
  await bytesOf(url.href);
  const { controls, totalSamples } = server.streams.at(-1)!;
  assertEquals([controls.key, totalSamples], ["A minor", 4 * 3 * 24_000]);
});

Deno.test("a bad map or sample is a problem that names the parameter", async () => {
  await using server = startServer();
  const map = await mapOf(`${server.url}/v1/strudel.json?prompt=a`);
  const sample = map._base + map.presto![0];
  const json = `${server.url}/v1/strudel.json`;
  for (
    const [url, status, detail] of [
      [json, 400, "prompt is missing"],
      [`${json}?prompt=a&bars=0`, 400, "bars is 0, accepted"],
      [`${json}?prompt=a&bars=64&bpm=40`, 400, "bars is 64, which is 384.0"],
      [`${json}?prompt=a&format=ogg`, 400, '"format" is not a known parameter'],
      [`${json}?prompt=a&seconds=3`, 400, '"seconds" is not a known'],
      [`${json}?prompt=a&name=1up`, 400, 'name is "1up", accepted: a letter'],
      [`${json}?prompt=a&name=a&name=b`, 400, 'name is "a,b"'],
      [`${json}?prompt=a&model=x`, 404, 'model is "x", accepted: fake'],
      [sample.replace("loop-0", "loop-9"), 404, 'no sample "loop-9.wav"'],
      [sample.replace("loop-0", "hit-0"), 404, 'no sample "hit-0.wav"'],
      [sample.replace("/ffff", "/0000"), 404, "is not of this server"],
      [sample.replace(/&seed=\d+/, ""), 404, "is not of this server"],
      [sample.replace(/bars=4/, "bars=-1"), 400, "bars is -1"],
      [sample.replace(/bpm=120/, "bpm=9"), 400, "bpm is 9"],
    ] as const
  ) {
    const response = await fetch(url);
    const problem = await response.json();
    assertEquals([response.status, problem.status], [status, status], url);
    assertStringIncludes(problem.detail, detail);
  }
});

Deno.test("a map that was asked for with a key has samples with the key", async () => {
  await using server = startServer({
    config: { apiKeys: ["secret"], allowedOrigins: ["https://strudel.cc"] },
  });
  const json = `${server.url}/v1/strudel.json?prompt=a&key=C+major`;
  const refused = await fetch(json);
  assertEquals((await refused.json()).status, 401);
  const headers = { origin: "https://strudel.cc" };
  const response = await fetch(`${json}&key=secret`, { headers });
  assertEquals(
    response.headers.get("access-control-allow-origin"),
    "https://strudel.cc",
  );
  const map: SampleMap = await response.json();
  const sample = map._base + map.presto![0];
  const { searchParams } = new URL(sample);
  assertEquals(searchParams.getAll("key"), ["C major", "secret"]);
  await bytesOf(sample);
  assertEquals(server.streams.at(-1)!.controls.key, "C major");
});

Deno.test("a server that is full says so, and plays on", async () => {
  await using server = startServer({ config: { maxStreams: 1 } });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  await client.next("frame");
  const response = await fetch(`${server.url}/v1/strudel.json?prompt=a`);
  assertEquals([response.status, (await response.json()).code], [503, "busy"]);
  await client.next("frame");
});

Deno.test("ClipCache keeps whole clips alone, up to its size", async () => {
  const cache = new ClipCache(250);
  const pass = async (name: string, size: number) => {
    const body = new Blob([new Uint8Array(size)]).stream();
    const kept = cache.keeping(name, body, { name });
    assertEquals((await new Response(kept).bytes()).length, size);
  };
  await pass("a", 100);
  await pass("b", 100);
  assertEquals(cache.get("a")!.headers, { name: "a" });
  await pass("c", 100);
  assertEquals([cache.get("b"), cache.bytes], [undefined, 200]);
  await pass("c", 50);
  assertEquals([cache.get("c")!.bytes.length, cache.bytes], [50, 150]);
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(new Uint8Array(10));
      controller.error(new Error("it broke off"));
    },
  });
  await new Response(cache.keeping("d", broken, {})).bytes().catch(() => {});
  assertEquals(cache.get("d"), undefined);
});
