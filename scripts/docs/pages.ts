/**
 * The documentation as pages that the server itself has.
 *
 * @module
 */
import { marked } from "marked";

const DOCS = new URL("../../docs/", import.meta.url);

/** `client.md` is `docs-client.html`, and `README.md` is `docs.html`. */
function pageName(file: string): string {
  const name = file.replace(/\.md$/, "");
  return name === "README" ? "docs.html" : `docs-${name}.html`;
}

/** The pages by their names. */
export async function docsPages(): Promise<
  [string, Uint8Array<ArrayBuffer>][]
> {
  const pages: [string, Uint8Array<ArrayBuffer>][] = [];
  for await (const { name } of Deno.readDir(DOCS)) {
    if (!name.endsWith(".md")) continue;
    const text = await Deno.readTextFile(new URL(name, DOCS));
    const html = page(await marked.parse(linked(text)), titleOf(text));
    pages.push([pageName(name), new TextEncoder().encode(html)]);
  }
  return pages.sort(([a], [b]) => a < b ? -1 : 1);
}

function titleOf(text: string): string {
  return /^# (.*)$/m.exec(text)![1]!.replaceAll("`", "");
}

/** Links among the pages lead to pages; what the server has not is only named. */
function linked(text: string): string {
  return text
    .replace(
      /\]\((\w+\.md)(#[\w-]+)?\)/g,
      (_, file, at = "") => `](${pageName(file)}${at})`,
    )
    .replace(
      /\[([^\]]*)\]\((\.\.\/[^)]*)\)/g,
      (_, words, path) => `${words} (\`${path.slice(3)}\`)`,
    );
}

function page(body: string, title: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>${title} - Prestissimo</title>
<link rel="icon" href="/web/dist/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/web/style.css">
</head>
<body class="docs">
<nav><a href="/">Play</a> <a href="/web/dist/docs.html">Documentation</a></nav>
<main>
${body}</main>
</body>
</html>
`;
}
