/**
 * Plays with the installed package in a page of another site than the server,
 * and fails if it is not as it should be. A process of its own, for the driver
 * wants more permissions than the tests have.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { chromium, type Page } from "playwright-core";
import { s16 } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";

const [project] = Deno.args;
assert(project, "The folder of the project is missing");

const PAGE = `<!DOCTYPE html>
<script type="importmap">
  { "imports": {
    "@prestissimo/client": "/node_modules/@prestissimo/client/client.js",
    "@prestissimo/client/player": "/node_modules/@prestissimo/client/player.js"
  } }
</script>
<script type="module">
  import { connect } from "@prestissimo/client";
  import { Player, playableFormat } from "@prestissimo/client/player";
  Object.assign(globalThis, { connect, Player, playableFormat });
</script>`;

/** The piece that is played: 8 beats, 4 s. */
const PIECE = {
  prompts: [{ text: "rain" }],
  ...{ bpm: 120, duration: { bars: 2 }, seed: 9 },
};

const site = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen() {} },
  async (request) => {
    const { pathname } = new URL(request.url);
    const headers = {
      "content-type": pathname.endsWith(".js")
        ? "text/javascript"
        : "text/html",
    };
    if (pathname === "/") return new Response(PAGE, { headers });
    const file = await Deno.readFile(project + pathname).catch(() => null);
    return new Response(file, { status: file ? 200 : 404, headers });
  },
);
const origin = `http://127.0.0.1:${site.addr.port}`;
const server = await Server.start({ env: { ALLOWED_ORIGINS: origin } });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(origin);
  await page.waitForFunction("globalThis.playableFormat");
  await playsWhatTheServerMade(page);
  await playsOpusToTheSample(page);
  assertEquals(faults, []);
} finally {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await site.shutdown();
}
Deno.exit(0);

async function playsWhatTheServerMade(page: Page): Promise<void> {
  const { wav, beats, samples, between } = await page.evaluate(
    `(async () => {
      const client = await connect("${server.url}");
      const player = await Player.create();
      const beats = [];
      let between = null;
      player.onBeat((event) => {
        beats.push(event);
        between = player.beatAt(event.contextTime + 0.25);
      });
      const recording = player.record();
      const format = { codec: "pcm_s16le" };
      const stream = client.play({ ...${JSON.stringify(PIECE)}, format });
      await player.play(stream);
      const file = await recording.stop();
      const wav = [...new Uint8Array(await file.arrayBuffer())];
      await player.close();
      await client.close();
      return { wav, beats, samples: (await stream.finished).samples, between };
    })()`,
  ) as {
    wav: number[];
    beats: { beat: number; contextTime: number }[];
    samples: number;
    between: number;
  };
  assertEquals(beats.map(({ beat }) => beat), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(Math.round(4 * between), 30, `beatAt is ${between}`);
  for (const [i, { contextTime }] of beats.entries()) {
    const gap = contextTime -
      (beats[i - 1]?.contextTime ?? contextTime - 0.5);
    // More if the music ran dry on a busy machine, never less.
    assert(gap > 0.499, `${gap} s between beats`);
  }
  const query = "prompt=rain&bpm=120&bars=2&seed=9&format=pcm_s16le";
  const response = await fetch(`${server.url}/v1/generate?${query}`);
  const made = s16(await response.bytes());
  assertEquals(made.length, 2 * samples);
  const heard = s16(new Uint8Array(wav).subarray(44));
  assertRecorded(heard, made);
}

/** The fade-in and gaps aside, what was recorded is what was made. */
function assertRecorded(heard: Int16Array, made: Int16Array): void {
  const block = made.subarray(96_000, 96_000 + 4800);
  const near = (at: number) =>
    block.every((value, i) => Math.abs(value - (heard[at + i] ?? 0)) <= 1);
  let at = 0;
  while (at < heard.length && !near(at)) at += 2;
  assert(at < heard.length, "the recording lacks what the server made");
}

async function playsOpusToTheSample(page: Page): Promise<void> {
  const { codec, played, samples } = await page.evaluate(
    `(async () => {
      const client = await connect("${server.url}");
      const player = await Player.create();
      const format = await playableFormat();
      const duration = { seconds: 12.2345 };
      const prompts = [{ text: "rain" }];
      const stream = client.play({ prompts, duration, format });
      await player.play(stream);
      const played = player.report.framesPlayed;
      const { samples } = await stream.finished;
      return { ...format, played, samples };
    })()`,
  ) as { codec: string; played: number; samples: number };
  assertEquals([codec, played], ["opus", samples]);
  assertAlmostEquals(samples / 48_000, 12.2345, 1e-4);
}
