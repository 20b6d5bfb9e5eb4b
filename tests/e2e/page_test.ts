import { assertEquals } from "@std/assert";
import { hasProgram } from "../audio/decode.ts";
import { Server } from "./server.ts";

const DRIVER = new URL("page_driver.ts", import.meta.url);

Deno.test("the page plays ten seconds, follows changes, and has nothing to complain of", async () => {
  if (!await hasProgram("/usr/bin/chromium")) return;
  await using server = await Server.start();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", DRIVER.pathname, server.url],
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
