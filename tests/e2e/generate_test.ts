import { assert, assertEquals, assertMatch } from "@std/assert";
import { ffmpeg, hasProgram, opusdec } from "../audio/decode.ts";
import { RawClient, sha256 } from "./raw_client.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer();

function get(query: Record<string, string>, init?: RequestInit) {
  const search = new URLSearchParams({ prompt: "lo-fi piano", ...query });
  return fetch(`${server().url}/v1/generate?${search}`, init);
}

function post(body: Record<string, unknown>) {
  return fetch(`${server().url}/v1/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompts: [{ text: "lo-fi piano" }], ...body }),
  });
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await response.bytes();
  assertEquals(response.status, 200, new TextDecoder().decode(bytes));
  return bytes;
}

const TYPES: Record<string, string> = {
  ogg: "audio/ogg; codecs=opus",
  wav: "audio/wav",
  pcm_s16le: "application/octet-stream",
};

for (const format of ["ogg", "wav", "pcm_s16le"]) {
  Deno.test(`${format}: GET and POST give the same audio, exact to the sample`, async () => {
    const query = { seconds: "1.2345", seed: "77", bpm: "101", format };
    const got = await get(query);
    assertEquals(got.headers.get("content-type"), TYPES[format]!);
    assertEquals(got.headers.get("x-seed"), "77");
    assertEquals(got.headers.get("x-model"), "tiny");
    assertEquals(got.headers.get("x-bpm"), "101");
    const file = await bytesOf(got);
    const posted = await post({
      ...{ duration: { seconds: 1.2345 }, seed: 77, bpm: 101, format },
    });
    const same = await bytesOf(posted);
    const samples = 59_256;
    if (format === "pcm_s16le") {
      assertEquals(file.length, 4 * samples);
      assertEquals(same, file);
      return;
    }
    const decoders = format === "ogg" ? { opusdec, ffmpeg } : { ffmpeg };
    for (const [name, decode] of Object.entries(decoders)) {
      if (!await hasProgram(name)) continue;
      const pcm = await decode(file);
      assertEquals(pcm.length, 2 * samples, name);
      assertEquals(await decode(same), pcm, name);
      assert(pcm.some((value) => Math.abs(value) > 100), `${name}: silence`);
    }
  });
}

Deno.test("bars, key, chords and steps; a seed is drawn; ten seconds by default", async () => {
  const response = await get({
    ...{ bars: "2", bpm: "150", key: "A minor", chords: "Am F C G" },
    ...{ steps: "2", format: "pcm_s16le" },
  });
  const seed = response.headers.get("x-seed")!;
  assertMatch(seed, /^\d+$/);
  assertEquals((await bytesOf(response)).length, 4 * 153_600);
  const quick = await get({ steps: "1", format: "wav", prompt: "at 93 bpm" });
  assertEquals(quick.headers.get("x-bpm"), "93");
  assertEquals((await bytesOf(quick)).length, 44 + 4 * 480_000);
});

Deno.test("a clip is the music of a stream of the same seed", async () => {
  await using client = await RawClient.open(server().wsUrl);
  const duration = { seconds: 1 };
  const fields = { model: "tiny_spectrum", seed: 5, duration, bpm: 90 };
  const clip = await bytesOf(await post({ ...fields, format: "pcm_s16le" }));
  const prompts = [{ text: "lo-fi piano" }];
  const { done } = await client.play({ ...fields, prompts });
  assertEquals(await sha256(clip), done.receipt.pcm_sha256);
});

Deno.test("audio comes before the piece is made; closing the request ends the work", async () => {
  for (const format of ["ogg", "wav"]) {
    const abort = new AbortController();
    const query = { seconds: "3600", format };
    const response = await get(query, { signal: abort.signal });
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    assert(value!.length > 0);
    const name = 'prestissimo_streams{transport="http"}';
    assertEquals(await server().metric(name), 1);
    abort.abort();
    await reader.closed.catch(() => {});
    await server().idle();
  }
});

Deno.test("a bad request is a problem that names the parameter", async () => {
  const cases: [Record<string, string>, string, string | undefined][] = [
    [{ seconds: "-1" }, "bad_message", "seconds"],
    [{ seconds: "1", bars: "1" }, "bad_message", "bars"],
    [{ bpm: "fast" }, "bad_message", "bpm"],
    [{ chords: "H7" }, "bad_message", "chords"],
    [{ key: "X" }, "bad_message", "key"],
    [{ seed: "4294967296" }, "bad_message", "seed"],
    [{ format: "mp3" }, "bad_message", "format"],
    [{ volume: "11" }, "bad_message", "volume"],
    [{ prompt: "" }, "bad_message", "prompt"],
  ];
  for (const [query, code, param] of cases) {
    const response = await get(query);
    const problem = await response.json();
    const about = JSON.stringify(problem);
    assertEquals(response.status, 400, about);
    assertEquals(
      response.headers.get("content-type"),
      "application/problem+json",
    );
    assertEquals([problem.code, problem.param], [code, param], about);
    assertEquals(problem.status, 400);
    assert(problem.detail.length > 0 && problem.title.length > 0);
  }
  const response = await post({ model: "huge" });
  assertEquals(response.status, 404);
  assertEquals((await response.json()).code, "unknown_model");
});
