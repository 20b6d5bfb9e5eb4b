import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as v from "valibot";
import { interleaveS16, wavHeader } from "../../lib/audio/mod.ts";
import { Problem } from "../../lib/protocol/mod.ts";
import { ffmpeg, hasProgram, opusdec } from "../audio/decode.ts";
import { sineAt } from "../fakes.ts";
import { pause, startServer } from "../session/test_server.ts";

function music(samples: number): Int16Array {
  const wave = (channel: 0 | 1) =>
    Float32Array.from({ length: samples }, (_, i) => sineAt(i, channel));
  return interleaveS16(wave(0), wave(1));
}

/** Root of the mean squared difference, in units of full scale. */
function distance(one: Int16Array, two: Int16Array): number {
  const sum = one.reduce(
    (total, value, i) => total + (value - two[i]!) ** 2,
    0,
  );
  return Math.sqrt(sum / one.length) / 32768;
}

async function post(url: string, body: unknown): Promise<Response> {
  return await fetch(`${url}/v1/generate`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function assertProblem(
  response: Response,
  wanted: { status: number; code: string; param?: string },
): Promise<void> {
  const type = response.headers.get("content-type");
  assertEquals(type, "application/problem+json");
  const { status, code, param } = v.parse(Problem, await response.json());
  const got = { status, code, ...(param && { param }) };
  assertEquals(got, wanted);
  assertEquals(response.status, wanted.status);
}

Deno.test("what the model makes nothing of is told in x-warning", async () => {
  await using server = startServer();
  const query = "seconds=0.1&format=wav";
  const about = async (query: string) => {
    const response = await fetch(`${server.url}/v1/generate?${query}`);
    await response.body?.cancel();
    return response.headers.get("x-warning");
  };
  assertEquals(await about(`${query}&prompt=a+sine&bpm=90`), null);
  assertEquals(
    await about(`${query}&prompt=qwxzy&key=A+minor&density=.5`),
    "control_ignored key, control_ignored density, prompt_not_understood",
  );
});

Deno.test("GET makes Ogg Opus of the asked length", async () => {
  await using server = startServer();
  const query = "prompt=a+sine&seconds=1.2345&bpm=90&seed=5&key=A+minor";
  const response = await fetch(`${server.url}/v1/generate?${query}`);
  assertEquals(response.status, 200);
  const { headers } = response;
  assertEquals(headers.get("content-type"), "audio/ogg; codecs=opus");
  assertEquals(headers.get("x-seed"), "5");
  assertEquals(headers.get("x-model"), "fake");
  assertEquals(headers.get("x-bpm"), "90");
  const file = await response.bytes();
  const samples = Math.round(1.2345 * 48_000);
  for (const [name, decode] of Object.entries({ opusdec, ffmpeg })) {
    if (!await hasProgram(name)) continue;
    const decoded = await decode(file);
    assertEquals(decoded.length, 2 * samples, name);
    const error = distance(decoded, music(samples));
    assert(error < 0.02, `${name} is off by ${error}`);
  }
});

Deno.test("POST makes WAV with a right header", async () => {
  await using server = startServer();
  const body = { prompts: [{ text: "a" }], duration: { bars: 1 }, bpm: 240 };
  const response = await post(server.url, { ...body, format: "wav" });
  assertEquals(response.headers.get("content-type"), "audio/wav");
  const samples = 48_000;
  const bytes = 44 + 4 * samples;
  assertEquals(response.headers.get("content-length"), `${bytes}`);
  const file = await response.bytes();
  assertEquals(file.length, bytes);
  assertEquals(file.slice(0, 44), wavHeader({ samples }));
  assertEquals(new Int16Array(file.slice(44).buffer), music(samples));
});

Deno.test("PCM is bare, and ten seconds unless said", async () => {
  await using server = startServer();
  const url = `${server.url}/v1/generate?prompt=a&format=pcm_s16le`;
  const response = await fetch(url);
  const file = await response.bytes();
  assertEquals(new Int16Array(file.buffer), music(480_000));
});

Deno.test("the same seed gives the same file", async () => {
  await using server = startServer();
  const files: Uint8Array[] = [];
  for (let i = 0; i < 2; i++) {
    const url = `${server.url}/v1/generate?prompt=a&seconds=0.5&seed=9`;
    files.push(await (await fetch(url)).bytes());
  }
  // The serial number of an Ogg stream is drawn anew each time.
  assertEquals(files[0]!.length, files[1]!.length);
});

Deno.test("the first audio page comes with the first music", async () => {
  // Each 20 ms frame takes 10 ms: the whole would take 5 s.
  await using server = startServer({ sine: { readMs: 10 } });
  const begin = performance.now();
  const url = `${server.url}/v1/generate?prompt=a&seconds=10`;
  const response = await fetch(url);
  const reader = response.body!.getReader();
  let pages = 0;
  while (pages < 3) {
    const { value } = await reader.read();
    const text = new TextDecoder("latin1").decode(value);
    pages += text.split("OggS").length - 1;
  }
  const tookMs = performance.now() - begin;
  assert(tookMs < 1500, `the third page came after ${tookMs} ms`);
  await reader.cancel();
  while (!server.streams[0]!.cancelled) await pause(5);
});

Deno.test("closing the request cancels the work and frees its place", async () => {
  await using server = startServer({
    config: { maxStreams: 1 },
    sine: { readMs: 20 },
  });
  const abort = new AbortController();
  const url = `${server.url}/v1/generate?prompt=a&seconds=60`;
  const response = await fetch(url, { signal: abort.signal });
  await assertProblem(await fetch(url), { status: 503, code: "busy" });
  abort.abort();
  await response.body?.cancel().catch(() => {});
  while (!server.streams[0]!.cancelled) await pause(5);
  await pause(20);
  const after = await fetch(`${url}&format=wav`);
  assertEquals(after.status, 200);
  await after.body?.cancel();
  assertEquals(server.lines, []);
});

Deno.test("closing the request before the first audio cancels the work", async () => {
  await using server = startServer({ sine: { readMs: 300 } });
  const url = `${server.url}/v1/generate?prompt=a`;
  const abort = new AbortController();
  const asking = fetch(url, { signal: abort.signal }).catch(() => {});
  while (server.streams.length === 0) await pause(5);
  abort.abort();
  await asking;
  while (!server.streams[0]!.cancelled) await pause(5);
});

Deno.test("a client that reads slowly holds the work back", async () => {
  await using server = startServer();
  const url = `${server.url}/v1/generate?prompt=a&seconds=3600&format=wav`;
  const response = await fetch(url);
  await pause(500);
  const made = server.streams[0]!.position * 4;
  assert(made < 64 << 20, `${made} bytes were made for nobody`);
  await response.body?.cancel();
});

Deno.test("HEAD tells the headers and makes nothing", async () => {
  await using server = startServer();
  const url = `${server.url}/v1/generate?prompt=a&seconds=1&format=wav`;
  const response = await fetch(url, { method: "HEAD" });
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-length"), `${44 + 4 * 48_000}`);
  assertEquals(response.headers.get("x-bpm"), "120");
  assertEquals(await response.text(), "");
  assertEquals(server.streams[0]!.position, 0);
});

Deno.test("HEAD never tells a length of 0 for what is longer", async () => {
  await using server = startServer();
  for (const path of ["/v1/generate?prompt=a", "/v1/models", "/openapi.json"]) {
    const response = await fetch(server.url + path, { method: "HEAD" });
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("content-length"), null, path);
    assertEquals(await response.text(), "");
  }
});

Deno.test("who waits for the first audio of a server that stops is told to come again", async () => {
  await using server = startServer({ sine: { readMs: 300 } });
  const asking = fetch(`${server.url}/v1/generate?prompt=a&seconds=60`);
  while (server.streams.length === 0) await pause(5);
  const stopped = server.app.drain(50);
  const response = await asking;
  assertEquals(response.status, 503);
  assert(Number(response.headers.get("retry-after")) > 0);
  assertEquals(v.parse(Problem, await response.json()).code, "busy");
  await stopped;
});

Deno.test("bad requests are problems with a code", async () => {
  await using server = startServer();
  const get = (query: string) => fetch(`${server.url}/v1/generate?${query}`);
  const bad = { status: 400, code: "bad_message" };
  await assertProblem(await get(""), { ...bad, param: "prompt" });
  await assertProblem(await get("prompt=a&seconds=1&bars=1"), {
    ...bad,
    param: "bars",
  });
  await assertProblem(await get("prompt=a&tempo=1"), {
    ...bad,
    param: "tempo",
  });
  await assertProblem(await get("prompt=a&steps=8"), {
    status: 422,
    code: "unsupported",
    param: "steps",
  });
  await assertProblem(await post(server.url, "{"), {
    status: 400,
    code: "bad_json",
  });
  const unknown = { prompts: [{ text: "a" }], model: "none" };
  await assertProblem(await post(server.url, unknown), {
    status: 404,
    code: "unknown_model",
    param: "model",
  });
  await assertProblem(await post(server.url, " ".repeat(65_537)), {
    status: 413,
    code: "message_too_big",
  });
});

Deno.test("a fault before the first audio is a problem with an incident", async () => {
  await using server = startServer({ sine: { failAt: 0 } });
  const response = await fetch(`${server.url}/v1/generate?prompt=a`);
  assertEquals(response.status, 500);
  const { code, incident } = v.parse(Problem, await response.json());
  assertEquals(code, "internal");
  assertStringIncludes(server.lines.join(), incident!);
});

Deno.test("a fault in the middle breaks the body off", async () => {
  await using server = startServer({ sine: { failAt: 96_000, readMs: 1 } });
  const url = `${server.url}/v1/generate?prompt=a&format=pcm_s16le`;
  const response = await fetch(url);
  const whole = await response.bytes().then(() => true, () => false);
  assertEquals(whole, false);
  assertStringIncludes(server.lines.join(), "the sine broke");
  assertStringIncludes(await metrics(server.url), 'transport="http"} 0');
});

async function metrics(url: string): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split("\n").filter((line) =>
    line.startsWith("prestissimo_streams{")
  ).join("\n");
}
