import { assert, assertEquals } from "@std/assert";
import { docsPages } from "../../scripts/docs/pages.ts";
import { protocolPage } from "../../scripts/docs/protocol_page.ts";
import { CLIENT_MESSAGE_TYPES } from "../../lib/protocol/mod.ts";

const DOCS = new URL("../../docs/", import.meta.url);

async function names(ending: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(DOCS));
  return entries.map(({ name }) => name).filter((n) => n.endsWith(ending));
}

Deno.test("docs/protocol.md is what deno task docs makes of the schemas", async () => {
  const committed = await Deno.readTextFile(new URL("protocol.md", DOCS));
  assert(committed === protocolPage(), "it is stale: run deno task docs");
  for (const type of CLIENT_MESSAGE_TYPES) {
    assert(committed.includes(`### \`${type}\``), type);
  }
});

Deno.test("docs/README.md leads to every page", async () => {
  const index = await Deno.readTextFile(new URL("README.md", DOCS));
  for (const name of await names(".md")) {
    assert(name === "README.md" || index.includes(`](${name})`), name);
  }
});

Deno.test("links of the documentation lead somewhere", async () => {
  for (const name of await names(".md")) {
    const text = await Deno.readTextFile(new URL(name, DOCS));
    for (const [, link] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const found = await Deno.stat(new URL(link!, DOCS)).catch(() => null);
      assert(found, `${name} links to ${link}, which is not there`);
    }
  }
});

Deno.test("pages of the documentation link to pages that there are", async () => {
  const pages = await docsPages();
  const known = new Set(pages.map(([name]) => name));
  assert(known.has("docs.html"));
  for (const [name, bytes] of pages) {
    const html = new TextDecoder().decode(bytes);
    assertEquals(html.match(/<script|\son\w+=/g), null, name);
    for (const [, link] of html.matchAll(/href="(docs[^"#]*)/g)) {
      assert(known.has(link!), `${name} links to ${link}`);
    }
  }
});
