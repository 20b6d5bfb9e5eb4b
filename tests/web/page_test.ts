import { assert, assertEquals } from "@std/assert";
import { buildWeb } from "../../scripts/build_web.ts";

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
