import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { hasProgram } from "../audio/decode.ts";
import { snippets } from "../docs/snippets.ts";
import { Server } from "../e2e/server.ts";

const DRIVER = new URL("driver.ts", import.meta.url);
const LIBRARY = new URL(
  "../../node_modules/@strudel/web/dist/index.mjs",
  import.meta.url,
);

/** A page of another site that has Strudel, as strudel.cc is one. */
function strudelSite() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      const { pathname } = new URL(url);
      if (pathname === "/strudel.mjs") {
        const headers = { "content-type": "text/javascript" };
        return new Response(await Deno.readFile(LIBRARY), { headers });
      }
      const headers = { "content-type": "text/html" };
      return new Response("<!doctype html><title>Strudel</title>", { headers });
    },
  );
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("the Strudel of docs/live_coding.md plays loops and one-shots of this server", async () => {
  if (!await hasProgram("/usr/bin/chromium")) return;
  await using site = strudelSite();
  await using server = await Server.start({
    env: { ALLOWED_ORIGINS: site.url },
  });
  const codes = await snippets("docs/live_coding.md", "strudel");
  assertEquals(await snippets("README.md", "strudel"), codes.slice(0, 1));
  const here = codes.map((code) =>
    code.replaceAll("http://127.0.0.1:8080", server.url)
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-check", DRIVER.pathname],
      ...[site.url, ...here],
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const plays: { sounds: string[]; lengths: number[]; level: number }[] = JSON
    .parse(new TextDecoder().decode(stdout));
  assertEquals(plays.length, codes.length);
  for (const { level } of plays) assert(level > 0, JSON.stringify(plays));
  const [loop, drums] = plays;
  assert(loop!.sounds.includes("presto"));
  // Four bars at 124 beats a minute.
  assertEquals(loop!.lengths, [Math.round(16 * 60 * 48_000 / 124)]);
  assert(drums!.lengths.includes(Math.round(60 * 48_000 / 124)));
});

Deno.test("samples are the same bytes on another server, and differ by seed", async () => {
  const query = "prompt=dub+techno&bars=1&bpm=120&name=p";
  const read = async () => {
    await using server = await Server.start();
    const map = await (await fetch(`${server.url}/v1/strudel.json?${query}`))
      .json();
    const read = async (name: string, n = 0) =>
      (await fetch(map._base + map[name][n])).bytes();
    const bytes = [
      await read("p"),
      await read("p", 1),
      await read("p_drums"),
      await read("p_hit"),
    ];
    return { names: Object.keys(map), bytes };
  };
  const [first, second] = [await read(), await read()];
  assertEquals(first, second);
  assertEquals(first.names.slice(1), [
    ...["p", "p_drums", "p_bass", "p_harmony", "p_melody", "p_hit", "p_stab"],
  ]);
  const [a, b, drums, hit] = first.bytes;
  assertNotEquals(a, b);
  assertNotEquals(a, drums);
  assertEquals([a!.length, hit!.length], [112 + 384_000, 44 + 96_000]);
});
