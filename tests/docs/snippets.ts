/**
 * The code blocks of the documentation, to be run as a reader would.
 *
 * @module
 */
import { assert } from "@std/assert";
import { Foreign } from "../foreign.ts";

const ROOT = new URL("../../", import.meta.url);

/** The code blocks of one language in a page of `docs`. */
export async function snippets(page: string, lang: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(page, ROOT));
  const fences = text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  const found = [...fences].filter((fence) => fence[1] === lang);
  assert(found.length > 0, `${page} has no code in ${lang}`);
  return found.map((fence) => fence[2]!);
}

/** `code` where it imports the project's packages; disposing of it removes it. */
export async function savedCode(name: string, code: string) {
  const dir = new URL("node_modules", ROOT).pathname;
  const folder = await Deno.makeTempDir({ dir, prefix: ".docs-" });
  await Deno.writeTextFile(`${folder}/${name}`, code);
  return {
    path: `${folder}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/**
 * Runs a program that plays without end until it has written so many bytes, then
 * ends it.
 */
export async function output(
  program: string,
  options: { args: string[]; env?: Record<string, string>; bytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, ...rest } = options;
  await using foreign = new Foreign(program, {
    ...rest,
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  });
  const { child } = foreign;
  const errors = new Response(child.stderr).text();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of child.stdout) {
    parts.push(part as Uint8Array<ArrayBuffer>);
    length += part.length;
    if (length >= bytes) break;
  }
  if (length < bytes) throw new Error(await errors);
  child.kill("SIGKILL");
  await errors;
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Runs a shell script in a folder, against the server at `url`. */
export async function shell(
  script: string,
  { cwd, url }: { cwd: string; url: string },
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script.replaceAll("http://127.0.0.1:8080", url)],
    cwd,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
