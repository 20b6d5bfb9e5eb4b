import { assert, assertEquals } from "@std/assert";
import { Server } from "../e2e/server.ts";

const EXAMPLE = new URL("../../examples/adaptive_music.ts", import.meta.url);

Deno.test("examples/adaptive_music.ts goes through all states, each on its grid", async () => {
  await using server = await Server.start();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-net", EXAMPLE.pathname],
      ...[server.url, "1"],
    ],
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  assertEquals(code, 0, lines.join("\n"));
  assertEquals(lines.shift(), "explore: 120 beats a minute, 4 a bar");
  const grids = { tension: 4, fight: 1, victory: 4, explore: 16 };
  const heard = lines.filter((line) => !line.startsWith("sting"));
  assertEquals(heard.length, 4);
  let before = 0;
  for (const [i, [state, grid]] of Object.entries(grids).entries()) {
    const [, name, beat] = /^(\w+): heard from beat ([\d.]+) on, in \d+ ms$/
      .exec(heard[i]!)!;
    assertEquals([name, Number(beat) % grid], [state, 0]);
    assert(Number(beat) >= before);
    before = Number(beat);
  }
  assertEquals(
    lines.find((line) => line.startsWith("sting")),
    "sting: 96000 samples",
  );
  assert(stdout.length > 4 * 48_000 * 3, `${stdout.length} bytes`);
  assert(new Int16Array(stdout.slice().buffer).some((value) => value !== 0));
});
