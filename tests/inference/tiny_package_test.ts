import { assert, assertEquals } from "@std/assert";
import { loadPackage } from "../../lib/inference/package.ts";
import { packageFiles } from "../../scripts/tiny/package_files.ts";
import { WORDS } from "../../scripts/tiny/vocabulary.ts";
import { TINY, TINY_LAYERS, TINY_SPECTRUM } from "./tiny.ts";

Deno.test.each(
  [["pcm", TINY], ["spectrum", TINY_SPECTRUM], [
    "layers",
    TINY_LAYERS,
  ]] as const,
)(
  "the script's package of kind %s is the one in %s",
  async (kind, folder) => {
    const files = await packageFiles(kind);
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) names.push(name);
    assertEquals(names.sort(), [...files.keys()].sort());
    let total = 0;
    for (const [name, bytes] of files) {
      const present = await Deno.readFile(`${folder}/${name}`);
      const same = present.length === bytes.length &&
        present.every((byte, i) => byte === bytes[i]);
      assert(same, `${folder}/${name} is stale: run deno task model:tiny`);
      total += bytes.length;
    }
    assert(total < 1_000_000);
  },
);

Deno.test("the tiny packages are for tests and differ in what can differ", async () => {
  const { manifest: pcm } = await loadPackage(TINY);
  const { manifest: spectrum } = await loadPackage(TINY_SPECTRUM);
  assert(pcm.test && spectrum.test);
  assertEquals(pcm.decoder.kind, "pcm");
  assertEquals(spectrum.decoder.kind, "spectrum");
  assert(pcm.sampler.guidance !== null && spectrum.sampler.guidance === null);
});

Deno.test("the tiny vocabulary has no word twice", () => {
  const twice = WORDS.filter((word, i) => WORDS.indexOf(word) !== i);
  assertEquals(twice, []);
});
