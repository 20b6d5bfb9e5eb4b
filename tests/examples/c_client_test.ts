import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { hasProgram, opusdec } from "../audio/decode.ts";
import { sharedServer } from "../e2e/server.ts";

const SOURCE = fileURLToPath(
  new URL("../../examples/c/prestissimo.c", import.meta.url),
);
const server = sharedServer();

/** Whether C can be compiled here against both libraries. */
async function hasLibraries(): Promise<boolean> {
  if (!await hasProgram("cc") || !await hasProgram("pkg-config")) return false;
  const args = ["--exists", "libwebsockets", "opus"];
  const { success } = await new Deno.Command("pkg-config", { args }).output();
  if (success) return true;
  const text = "libwebsockets-dev and libopus-dev are not both installed";
  if (Deno.env.get("CI") === "true") throw new Error(text);
  console.warn(`SKIPPED: ${text}`);
  return false;
}

/** Compiles the client, with every warning an error. */
async function compile(folder: string): Promise<string> {
  const pkgConfig = await new Deno.Command("pkg-config", {
    args: ["--cflags", "--libs", "libwebsockets", "opus"],
  }).output();
  const flags = new TextDecoder().decode(pkgConfig.stdout).trim().split(/\s+/);
  const path = `${folder}/prestissimo`;
  const { success, stderr } = await new Deno.Command("cc", {
    args: [
      ...["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"],
      ...[SOURCE, "-o", path, ...flags],
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return path;
}

async function play(path: string, ...args: string[]) {
  const { hostname, port } = new URL(server().url);
  const { code, stdout, stderr } = await new Deno.Command(path, {
    args: [hostname, port, ...args],
  }).output();
  const samples = new Int16Array(stdout.slice().buffer);
  return { code, samples, errors: new TextDecoder().decode(stderr) };
}

Deno.test("the C client plays what opusdec hears of the same piece", async () => {
  if (!await hasLibraries() || !await hasProgram("opusdec")) return;
  const folder = await Deno.makeTempDir();
  const path = await compile(folder);
  const { code, samples, errors } = await play(path, 'a "C" loop', "2.5", "7");
  assertEquals(code, 0, errors);
  const query = new URLSearchParams({
    ...{ prompt: 'a "C" loop', seconds: "2.5", seed: "7", format: "ogg" },
  });
  const clip = await fetch(`${server().url}/v1/generate?${query}`);
  const heard = await opusdec(await clip.bytes());
  assertEquals(samples.length, 2 * 2.5 * 48_000);
  assertEquals(heard.length, samples.length);
  const off = heard.findIndex((value, i) => Math.abs(value - samples[i]!) > 1);
  assertEquals(off, -1, `${heard[off]} is not ${samples[off]} at ${off}`);

  const refused = await play(path, "rain", "-3");
  assertEquals([refused.code, refused.samples.length], [1, 0]);
  assertMatch(refused.errors, /"code":"bad_message".*seconds/);
  await Deno.remove(folder, { recursive: true });
});
