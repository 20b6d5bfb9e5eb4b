import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../audio/decode.ts";
import { startServer } from "../session/test_server.ts";
import { assertSine } from "./sine.ts";

const DRIVER = new URL("browser_driver.ts", import.meta.url);
const ignore = !(await hasProgram("/usr/bin/chromium"));

/** What the page of another site heard from a server. */
async function play(allowedOrigins: string[]) {
  await using server = startServer({ config: { allowedOrigins } });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", DRIVER.pathname, server.url],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}

Deno.test({
  name: "@google/genai plays in a browser, for a page that is let in",
  ignore,
  fn: async () => {
    const { code, out, errors } = await play(["*"]);
    assertEquals(code, 0, errors);
    const chunks = (JSON.parse(out) as string[])
      .map((data) => Uint8Array.fromBase64(data));
    assertEquals(chunks.length, 5);
    assertSine(new Uint8Array(chunks.flatMap((chunk) => [...chunk])));
    const refused = await play([]);
    assert(refused.code !== 0);
    assertStringIncludes(refused.errors, "The connection failed");
  },
});
