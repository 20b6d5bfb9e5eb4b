/**
 * Plays through Google's SDK in a browser, from a page of another site; prints
 * the audio as base64. A process of its own, for the driver wants more
 * permissions than the tests have.
 *
 * @module
 */
import { build, stop } from "esbuild";
import { chromium } from "playwright-core";

/** As the demos that Google publishes have it. */
const PAGE = `
  import { GoogleGenAI } from "@google/genai/web";
  globalThis.play = (baseUrl, count) => new Promise((resolve, reject) => {
    const ai = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl } });
    const chunks = [];
    const connecting = ai.live.music.connect({
      model: "lyria-realtime-exp",
      callbacks: {
        onmessage: (message) => {
          if (message.audioChunk) chunks.push(message.audioChunk.data);
          if (chunks.length === count) resolve(chunks);
        },
        onerror: () => reject(new Error("The connection failed")),
        onclose: ({ reason }) => reject(new Error(reason)),
      },
    });
    connecting.then(async (session) => {
      const weightedPrompts = [{ text: "a sine", weight: 1 }];
      await session.setWeightedPrompts({ weightedPrompts });
      session.play();
    }, reject);
  });
`;

const [url] = Deno.args;
const { outputFiles } = await build({
  stdin: {
    contents: PAGE,
    resolveDir: new URL(".", import.meta.url).pathname,
  },
  bundle: true,
  format: "iife",
  write: false,
});
await stop();
const script = outputFiles![0]!.text;
const site = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () =>
    new Response("<!doctype html><title>A demo</title>", {
      headers: { "content-type": "text/html" },
    }),
);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${site.addr.port}`);
  await page.evaluate(script);
  const chunks = await page.evaluate(`play(${JSON.stringify(url)}, 5)`);
  console.log(JSON.stringify(chunks));
} finally {
  await browser.close();
}
Deno.exit(0);
