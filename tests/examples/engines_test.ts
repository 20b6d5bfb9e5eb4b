import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../audio/decode.ts";
import { s16 } from "../e2e/raw_client.ts";
import { sharedServer } from "../e2e/server.ts";

const server = sharedServer();

function path(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

async function run(program: string, args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  const errors = new TextDecoder().decode(stderr);
  assertEquals(code, 0, errors);
  return { bytes: stdout.slice(), errors };
}

Deno.test("the stream of the Unity example receives what the server made", async () => {
  if (!await hasProgram("mcs") || !await hasProgram("mono")) return;
  const folder = await Deno.makeTempDir();
  const program = `${folder}/harness.exe`;
  await run("mcs", [
    ...["-warnaserror", `-out:${program}`],
    path("examples/unity/PrestissimoStream.cs"),
    path("tests/examples/UnityHarness.cs"),
  ]);
  const piece = '"prompts":[{"text":"rain"}],"seed":4,"duration":{"seconds":2}';
  const { bytes } = await run("mono", [program, server().wsUrl, piece]);
  const heard = new Float32Array(bytes.buffer);
  const query = "prompt=rain&seed=4&seconds=2&format=pcm_s16le";
  const made = await fetch(`${server().url}/v1/generate?${query}`);
  const expected = s16(await made.bytes());
  assertEquals(heard.length, 2 * 2 * 48_000);
  assert(expected.every((value, i) => value === heard[i]! * 32_768));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the Godot example is what Godot 4 reads as GDScript", async () => {
  const gdparse = Deno.env.get("GDPARSE") ?? "gdparse";
  if (!await hasProgram(gdparse)) return;
  await run(gdparse, [path("examples/godot/prestissimo_player.gd")]);
});
