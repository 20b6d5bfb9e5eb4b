/**
 * Plays the page in a browser, and fails if it is not as it should be. A process
 * of its own, for the driver wants more permissions than the tests have.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Prestissimo } from "../../web/app.ts";
import { RawClient, s16 } from "./raw_client.ts";

const CHROMIUM = "/usr/bin/chromium";
/** How long to wait for anything, in ms. */
const PATIENCE_MS = 60_000;

/** What the page said over its socket, both ways, and what it complained of. */
interface Seen {
  sent: Record<string, unknown>[];
  // deno-lint-ignore no-explicit-any
  received: Record<string, any>[];
  payloads: Uint8Array[];
  complaints: string[];
}

async function openPage(
  browser: Browser,
  url: string,
  query = "",
): Promise<{ page: Page; seen: Seen }> {
  const page = await browser.newPage({
    // Few pixels: they are painted without a graphics card.
    viewport: { width: 360, height: 640 },
  });
  const seen: Seen = { sent: [], received: [], payloads: [], complaints: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      seen.complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => seen.complaints.push(error.message));
  page.on("requestfailed", (request) => seen.complaints.push(request.url()));
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      seen.sent.push(JSON.parse(`${payload}`));
    });
    socket.on("framereceived", ({ payload }) => {
      if (typeof payload === "string") seen.received.push(JSON.parse(payload));
      else seen.payloads.push(payload.subarray(24));
    });
  });
  await page.goto(`${url}/${query}`);
  await page.waitForSelector("body[data-state=ready]");
  await waitFor(page, (state) => state.state === "ready");
  return { page, seen };
}

type State = Omit<Prestissimo, "rms"> & { rms: number };

function stateOf(page: Page): Promise<State> {
  return page.evaluate("({ ...prestissimo, rms: prestissimo.rms() })");
}

/** Asks the page again and again: its policy forbids the driver's own way. */
async function waitFor(
  page: Page,
  accept: (state: State) => boolean,
): Promise<State> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const state = await stateOf(page);
    if (accept(state)) return state;
    assert(performance.now() < untilMs, JSON.stringify(state));
    await page.waitForTimeout(50);
  }
}

const [url] = Deno.args;
assert(url, "The URL of the server is missing");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
try {
  await playsTenSeconds(browser, url);
  await followsChanges(browser, url);
} finally {
  await browser.close();
}
Deno.exit(0);

async function playsTenSeconds(
  browser: Browser,
  url: string,
): Promise<void> {
  const { page, seen } = await openPage(browser, url);
  // The longest lead, so that a busy machine does not decide the test.
  await page.selectOption("#lead", "2000");
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  // The analyser may hear the first sound before the page is told of it.
  const before = await waitFor(
    page,
    ({ rms, firstSoundMs }) => rms > 0 && firstSoundMs !== null,
  );
  const start = seen.sent.find(({ type }) => type === "start");
  assertEquals(start!.lead_ms, 2000);
  assertEquals([before.state, before.codec], ["playing", "opus"]);
  assert(before.firstSoundMs! > 0);
  assert(await playsOn(page), "the music runs dry again and again");
  await page.keyboard.press("Space");
  await waitFor(page, (state) => state.state === "paused");
  assertEquals(seen.complaints, []);
  assertEquals(seen.received.filter(({ type }) => type === "error"), []);
  await page.close();
}

/** True if ten seconds passed without an underrun; a busy machine gets another chance. */
async function playsOn(page: Page): Promise<boolean> {
  for (let tries = 0; tries < 6; tries++) {
    const { underruns, framesPlayed } = await stateOf(page);
    const after = await waitFor(page, (state) =>
      state.underruns > underruns ||
      state.framesPlayed > framesPlayed + 480_000);
    if (after.underruns === underruns) return true;
  }
  return false;
}

async function followsChanges(
  browser: Browser,
  url: string,
): Promise<void> {
  const query = "?codec=pcm_s16le";
  const { page, seen } = await openPage(browser, url, query);
  await page.click("#play");
  await waitFor(page, (state) => state.framesPlayed > 48_000);
  const { prompts: _, ...start } = seen.sent.find(({ type }) =>
    type === "start"
  )!;
  assertEquals(seen.received.filter(({ type }) => type === "scheduled"), []);
  await page.fill("textarea.text >> nth=0", "a storm at sea");
  await page.keyboard.press("Enter");
  await page.locator("#energy").fill("0.95");
  await waitFor(page, (state) => state.controlMs !== null);
  await page.waitForTimeout(2000);
  await page.click("#play");
  await waitFor(page, (state) => state.state === "paused");
  assertEquals(seen.complaints, []);

  // What the page heard, beside the same piece that nobody has touched.
  const [scheduled] = seen.received.filter(({ type }) => type === "scheduled");
  const started = seen.received.find(({ type }) => type === "started")!;
  await using client = await RawClient.open(
    `${url.replace("http", "ws")}/v1/stream`,
  );
  const untouched = await client.play({
    ...start,
    ...{ prompts: started.prompts, seed: started.seed, pace: "asap" },
    duration: { seconds: 15 },
  });
  const music = s16(untouched.bytes);
  const heard = s16(new Uint8Array(Buffer.concat(seen.payloads)));
  const differs = heard.findIndex((value, i) => value !== music[i]) / 2;
  const at = scheduled!.at_sample;
  assert(differs >= at, `differs at ${differs}, scheduled for ${at}`);
  assert(
    differs < at + 16 * 3840,
    `differs at ${differs}, scheduled for ${at}`,
  );
  await page.close();
}
