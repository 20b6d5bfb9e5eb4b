/**
 * Runs code in Strudel in a browser, and prints what was heard. A process of its
 * own, for the driver wants more permissions than the tests have.
 *
 * @module
 */
import { chromium } from "playwright-core";

/** How long a pattern may take until it sounds, in ms: its samples are made first. */
const PATIENCE_MS = 60_000;

/** In the page: everything that goes to the loudspeaker is measured, and every sample is remembered. */
const SETUP = `
  globalThis.lengths = [];
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && !(this instanceof AnalyserNode)) {
      globalThis.analyser ??= new AnalyserNode(this.context, { fftSize: 32768 });
      connect.call(this, globalThis.analyser);
    }
    return connect.call(this, target, ...rest);
  };
  const { decodeAudioData } = BaseAudioContext.prototype;
  BaseAudioContext.prototype.decodeAudioData = async function (bytes) {
    const copy = bytes.slice(0);
    // At the samples' own rate: the context's may be another.
    const buffer = await decodeAudioData.call(new OfflineAudioContext(2, 1, 48000), copy);
    globalThis.lengths.push(buffer.length);
    return decodeAudioData.call(this, bytes);
  };
`;

const START = `
  import("/strudel.mjs").then(async (strudel) => {
    globalThis.strudel = strudel;
    await strudel.initStrudel();
    await strudel.initAudio();
  })
`;

const LEVEL = `
  (() => {
    if (!globalThis.analyser) return 0;
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  })()
`;

const [site, ...codes] = Deno.args;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
try {
  const plays = [];
  for (const code of codes) {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      // Strudel catches what a pattern throws, and only tells it here.
      if (message.text().includes("error")) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("requestfailed", (request) => complaints.push(request.url()));
    await page.addInitScript(SETUP);
    await page.goto(site!);
    await page.evaluate(START);
    await page.evaluate((code) => {
      // deno-lint-ignore no-explicit-any
      return (globalThis as any).strudel.evaluate(code).then(() => {});
    }, code);
    const late = performance.now() + PATIENCE_MS;
    let level = 0;
    while (level === 0 && performance.now() < late) {
      await page.waitForTimeout(100);
      level = await page.evaluate(LEVEL);
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
    }
    const lengths = await page.evaluate("globalThis.lengths");
    const sounds = await page.evaluate(
      "Object.keys(strudel.soundMap.get()).filter((name) => name.startsWith('presto'))",
    );
    plays.push({ sounds, lengths, level });
    await page.close();
  }
  console.log(JSON.stringify(plays));
} finally {
  await browser.close();
}
Deno.exit(0);
