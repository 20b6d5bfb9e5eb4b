import { assert, assertEquals } from "@std/assert";
import { buildWeb } from "../../scripts/build_web.ts";
import { PcmDecoder } from "../../lib/client/player/decoder.ts";

const WEB = new URL("../../web/", import.meta.url);
const HTML = await Deno.readTextFile(new URL("index.html", WEB));

Deno.test("web/dist is what deno task web makes", async () => {
  const fresh = await buildWeb();
  const names = (await Array.fromAsync(Deno.readDir(new URL("dist/", WEB))))
    .map(({ name }) => name);
  assertEquals(names.sort(), [...fresh.keys()].sort());
  for (const [name, contents] of fresh) {
    const committed = await Deno.readFile(new URL(`dist/${name}`, WEB));
    const same = new TextDecoder().decode(committed) ===
      new TextDecoder().decode(contents);
    assert(same, `web/dist/${name} is stale: run deno task web`);
  }
});

Deno.test("the page asks only for what the server has, and runs nothing inline", () => {
  const urls = [...HTML.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1]!);
  for (const url of urls) assert(/^\/web\/(dist\/|style\.css$)/.test(url), url);
  assert(!/<style|\sstyle=|\son[a-z]+=/.test(HTML));
  assert(!/<script(?![^>]*\ssrc=)/.test(HTML));
});

Deno.test("the page has every element that its scripts ask for", async () => {
  const ids = new Set([...HTML.matchAll(/\sid="([^"]+)"/g)].map((m) => m[1]!));
  for await (const { name } of Deno.readDir(WEB)) {
    if (!name.endsWith(".ts")) continue;
    const source = await Deno.readTextFile(new URL(name, WEB));
    for (const [, id] of source.matchAll(/byId\(\s*"([^"]+)"/g)) {
      assert(ids.has(id!), `${name}: ${id}`);
    }
  }
});

Deno.test("every field of the page has a name", () => {
  const fields = HTML.matchAll(/<(?:input|select)\b[^>]*\sid="([^"]+)"[^>]*>/g);
  for (const [field, id] of fields) {
    const named = field.includes("aria-label=") || HTML.includes(`for="${id}"`);
    assert(named, `${id} has neither a label nor an aria-label`);
  }
});

Deno.test("PcmDecoder reads interleaved samples", () => {
  const payload = new Uint8Array([9, 0, 0x80, 0xff, 0x7f, 0, 0x40, 0, 0]);
  const chunks: unknown[] = [];
  const decoder = new PcmDecoder({
    preSkip: 0,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => {
      throw error;
    },
  });
  decoder.decode({
    ...{ last: false, discontinuity: false, handle: 0, seq: 0, beat: 0 },
    sample: 77,
    payload: payload.subarray(1),
  });
  assertEquals(chunks, [{
    left: new Float32Array([-1, 0.5]),
    right: new Float32Array([32_767 / 32_768, 0]),
    sample: 77,
  }]);
});
