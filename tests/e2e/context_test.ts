import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../audio/decode.ts";
import { shell, snippets } from "../docs/snippets.ts";
import { RawClient, s16 } from "./raw_client.ts";
import { Server } from "./server.ts";

// Linux alone tells how much memory a process holds.
const ignore = Deno.build.os !== "linux" || !(await hasProgram("ffmpeg"));

let server: Server;
// The package that has an encoder is the default here.
const MODELS = "models/tiny_spectrum,models/tiny";
Deno.test.beforeAll(async () => {
  if (!ignore) server = await Server.start({ env: { MODELS } });
});
Deno.test.afterAll(() => server?.[Symbol.asyncDispose]());

/** Audio that ffmpeg makes of an expression, as a file. */
async function ffmpeg(
  source: string,
  ...args: string[]
): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-f", "lavfi", "-i", source],
      ...[...args, "-"],
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return stdout;
}

interface Kept {
  id: string;
  seconds: number;
  bpm: number | null;
  expires: string;
}

async function put(body: BodyInit, query = "") {
  const url = `${server.url}/v1/context${query}`;
  return await fetch(url, { method: "PUT", body });
}

async function kept(body: BodyInit, query = ""): Promise<Kept> {
  const response = await put(body, query);
  const text = await response.text();
  assertEquals(response.status, 201, text);
  return JSON.parse(text);
}

async function refused(body: BodyInit, query = "") {
  const response = await put(body, query);
  const problem = await response.json();
  assertEquals(problem.status, response.status);
  return problem as { status: number; code: string; detail: string };
}

const TONE = "sine=f=220:d=2:r=48000";

Deno.test({
  name: "WAV, FLAC, Ogg Opus and Ogg Vorbis are kept, whatever their rate",
  ignore,
  fn: async () => {
    const tone = (rate: number) => `sine=f=220:d=2:r=${rate}`;
    for (
      const [source, tolerance, ...args] of [
        [tone(48_000), 0, "-f", "wav"],
        [tone(44_100), 0, "-ac", "2", "-c:a", "pcm_s24le", "-f", "wav"],
        [tone(22_050), 0, "-c:a", "pcm_f32le", "-f", "wav"],
        [tone(48_000), 0, "-f", "flac"],
        [tone(96_000), 0, "-ac", "2", "-f", "flac"],
        [tone(48_000), 0, "-c:a", "flac", "-f", "ogg"],
        [tone(48_000), 0.001, "-c:a", "libopus", "-f", "ogg"],
        [tone(44_100), 0.001, "-c:a", "libvorbis", "-f", "ogg"],
      ] as [string, number, ...string[]][]
    ) {
      const file = await ffmpeg(source, ...args);
      const { id, seconds, expires } = await kept(file);
      assert(/^[0-9a-f]{32}$/.test(id));
      assert(Math.abs(seconds - 2) <= tolerance, `${args}: ${seconds}`);
      assert(Date.parse(expires) > Date.now());
    }
  },
});

Deno.test({
  name: "the tempo is read from the clip, or told",
  ignore,
  fn: async () => {
    // A click every half a second.
    const clicks =
      "aevalsrc='exp(-50*mod(t,0.5))*sin(2*PI*1000*t)':d=12:s=48000";
    const file = await ffmpeg(clicks, "-f", "wav");
    const { bpm } = await kept(file);
    // Half and double time sound alike.
    assert([60, 120, 240].some((each) => Math.abs(bpm! - each) < 2), `${bpm}`);
    assertEquals((await kept(file, "?bpm=97.5")).bpm, 97.5);
  },
});

Deno.test({
  name: "a stream goes on from the clip, at its tempo, the same each time",
  ignore,
  fn: async () => {
    const file = await ffmpeg(
      "sine=f=220:d=3:r=48000",
      ...["-ac", "2", "-f", "wav"],
    );
    const { id } = await kept(file, "?bpm=97.5");
    await using client = await RawClient.open(server.wsUrl);
    const piece = {
      ...{ seed: 5, format: { codec: "pcm_s16le" } },
      prompts: [{ text: "warm house" }],
    };
    const first = await client.play({ ...piece, context: id });
    assertEquals(first.started.bpm, 97.5);
    const again = await client.play({ ...piece, stream: "b", context: id });
    assertEquals(again.done.receipt, first.done.receipt);
    const { context } = first.done.receipt;
    assertEquals(context?.bpm, 97.5);
    assert(/^[0-9a-f]{64}$/.test(context!.sha256));
    const { bytes, done } = await client.play({
      ...{ ...piece, stream: "c", bpm: 97.5 },
    });
    assertEquals(done.receipt.context, undefined);
    const [heard, without] = [s16(first.bytes), s16(bytes)];
    assert(heard.some((value, i) => value !== without[i]));
    // From the clip's last sample to the first of the stream is no jump.
    const clip = s16(file.slice(-4));
    const step = Math.abs(heard[0]! - clip[0]!);
    assert(step < 400, `a step of ${step}`);

    const query = `prompt=warm+house&seconds=1&seed=5&format=pcm_s16le`;
    const url = `${server.url}/v1/generate?${query}&context=${id}`;
    const clipped = await fetch(url);
    assertEquals(clipped.headers.get("x-bpm"), "97.5");
    assertEquals(await clipped.bytes(), first.bytes);
  },
});

Deno.test({
  name: "the shell of docs/live_coding.md goes on from a clip",
  ignore: ignore || !(await hasProgram("curl")),
  fn: async () => {
    const cwd = await Deno.makeTempDir();
    await Deno.writeFile(`${cwd}/clip.wav`, await ffmpeg(TONE, "-f", "wav"));
    const [upload, play] = await snippets("docs/live_coding.md", "sh");
    const here = { cwd, url: server.url };
    const { id, bpm } = JSON.parse(await shell(upload!, here)) as Kept;
    assertEquals(bpm, 120);
    await shell(play!.replace("THE_ID", id), here);
    const wav = await Deno.readFile(`${cwd}/more.wav`);
    assertEquals(wav.length, 44 + 4 * 8 * 2 * 48_000);
    await Deno.remove(cwd, { recursive: true });
  },
});

Deno.test({
  name: "a context that cannot be gone on from is refused",
  ignore,
  fn: async () => {
    const { id } = await kept(await ffmpeg(TONE, "-f", "wav"));
    const url = `${server.url}/v1/generate?prompt=a`;
    for (
      const [query, status, code, detail] of [
        ["&context=none", 404, "unknown_context", 'context is "none"'],
        [`&bars=2&loop=1&context=${id}`, 422, "unsupported", "beside loop"],
        [`&model=tiny&context=${id}`, 422, "unsupported", "has no encoder"],
      ]
    ) {
      const problem = await (await fetch(url + query)).json();
      assertEquals([problem.status, problem.code], [status, code]);
      assertStringIncludes(problem.detail, `${detail}`);
    }
  },
});

Deno.test({
  name:
    "thirty seconds are not too many, and a file that is cut is no longer than it is",
  ignore,
  fn: async () => {
    const half = ["-f", "flac"];
    const { seconds } = await kept(await ffmpeg("sine=d=30:r=44100", ...half));
    assertEquals(seconds, 30);
    const opus = await ffmpeg("sine=d=8", "-c:a", "libopus", "-f", "ogg");
    for (const share of [0.5, 0.9]) {
      const { seconds } = await kept(opus.slice(0, share * opus.length));
      assert(
        8 * share - 1.2 < seconds && seconds < 8 * share + 0.2,
        `${seconds}`,
      );
    }
  },
});

Deno.test({
  name: "files that are none, broken, too short or too long are refused",
  ignore,
  fn: async () => {
    const wav = await ffmpeg(TONE, "-f", "wav");
    const flac = await ffmpeg(TONE, "-f", "flac");
    const vorbis = await ffmpeg(TONE, "-c:a", "libvorbis", "-f", "ogg");
    const broken = flac.slice();
    crypto.getRandomValues(broken.subarray(200));
    for (
      const [file, status, detail] of [
        ["", 415, "no audio file that is known"],
        ["not audio", 415, "accepted: WAV, FLAC, Ogg Opus or Ogg Vorbis"],
        [await ffmpeg(TONE, "-f", "mp3"), 415, "no audio file that is known"],
        [wav.slice(0, 20), 400, "The WAV file"],
        [flac.slice(0, 100), 400, ""],
        [broken, 400, ""],
        [vorbis.slice(0, 60), 400, ""],
        [await ffmpeg("sine=d=0.2", "-f", "wav"), 400, "0.200 seconds"],
        [await ffmpeg("sine=d=31:r=8000", "-f", "wav"), 400, "longer than 30"],
        [
          await ffmpeg("sine=d=1", "-ac", "6", "-f", "wav"),
          400,
          "6 channels, accepted: 1 or 2",
        ],
        [
          await ffmpeg("sine=d=1:r=4000", "-f", "wav"),
          400,
          "4000 samples a second, accepted: 8000 to 192000",
        ],
      ] as [BodyInit, number, string][]
    ) {
      const problem = await refused(file);
      assertEquals(problem.status, status, problem.detail);
      assertStringIncludes(problem.detail, detail);
    }
    for (const bpm of ["9", "fast", "", "null"]) {
      const problem = await refused(wav, `?bpm=${bpm}`);
      assertEquals(problem.status, 400);
      assertStringIncludes(problem.detail, "bpm is");
    }
    assertStringIncludes((await refused(wav, "?tempo=9")).detail, "tempo");
    const got = await fetch(`${server.url}/v1/context`);
    assertEquals([got.status, got.headers.get("allow")], [405, "PUT"]);
    await got.body?.cancel();
    await kept(wav);
  },
});

Deno.test({
  name: "a FLAC of two hours in a megabyte is refused without room for it",
  ignore,
  fn: async () => {
    const silence = "anullsrc=r=48000:cl=mono";
    const bomb = await ffmpeg(silence, ...["-t", "7200", "-f", "flac"]);
    assert(bomb.length < 1 << 20, `${bomb.length}`);
    await kept(await ffmpeg(TONE, "-f", "flac"));
    const before = await residentBytes();
    const problem = await refused(bomb);
    assertStringIncludes(problem.detail, "longer than 30 seconds");
    const grown = await residentBytes() - before;
    // As samples it would be 1.4 gigabytes.
    assert(grown < 256 << 20, `${grown}`);
  },
});

Deno.test({
  name: "an upload of two gigabytes is refused, announced or not",
  ignore,
  fn: async () => {
    const before = await residentBytes();
    for (
      const [header, chunked] of [
        [`content-length: ${2 ** 31}`, false],
        ["transfer-encoding: chunked", true],
      ] as const
    ) {
      const { sent, answer } = await upload(header, chunked);
      assertStringIncludes(answer, " 413 ");
      assertStringIncludes(answer, "accepted: 16777216 bytes");
      // What the system's buffers hold is under way when the answer comes.
      assert(sent < 64 << 20, `${sent}`);
    }
    assert(await residentBytes() - before < 128 << 20);
    await kept(await ffmpeg(TONE, "-f", "wav"));
  },
});

/** Uploads up to two gigabytes by hand, until there is an answer. */
async function upload(header: string, chunked: boolean) {
  const { hostname, port } = new URL(server.url);
  using socket = await Deno.connect({ hostname, port: Number(port) });
  const text = new TextEncoder();
  const head = `PUT /v1/context HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
    `${header}\r\n\r\n`;
  await socket.write(text.encode(head));
  let answer = "";
  const reading = (async () => {
    const bytes = new Uint8Array(4096);
    while (!answer.includes("16777216")) {
      const count = await socket.read(bytes);
      if (count === null) return;
      answer += new TextDecoder().decode(bytes.subarray(0, count));
    }
  })().catch(() => {});
  const chunk = new Uint8Array(1 << 16);
  const size = text.encode(`${chunk.length.toString(16)}\r\n`);
  let sent = 0;
  try {
    while (sent < 2 ** 31 && !answer.includes("16777216")) {
      if (chunked) await writeAll(socket, size);
      await writeAll(socket, chunk);
      if (chunked) await writeAll(socket, text.encode("\r\n"));
      sent += chunk.length;
    }
  } catch {
    // The server does not read on.
  }
  await reading;
  return { sent, answer };
}

async function writeAll(socket: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await socket.write(bytes.subarray(at));
  }
}

/** Memory that the server's process holds. */
async function residentBytes(): Promise<number> {
  const { stdout } = await new Deno.Command("cat", {
    args: [`/proc/${server.child.pid}/status`],
  }).output();
  const status = new TextDecoder().decode(stdout);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}
