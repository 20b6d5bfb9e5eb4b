import { assert, assertEquals } from "@std/assert";
import { loadPackage } from "../../lib/inference/package.ts";
import { PackageError } from "../../lib/inference/package_error.ts";

const SOURCE = "models/tiny_layers";

/** Runs with a copy of the package. */
async function withCopy(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(SOURCE)) {
      await Deno.copyFile(`${SOURCE}/${name}`, `${folder}/${name}`);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refusal(folder: string): Promise<string | null> {
  try {
    await loadPackage(folder);
    return null;
  } catch (error) {
    assert(error instanceof PackageError, `not a refusal: ${error}`);
    assert(!error.message.includes("\n"), error.message);
    return error.message;
  }
}

/** Positions spread over a file, the same ones every time. */
function positions(length: number, count: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => (i * 2654435761 + 12345) % length,
  );
}

Deno.test("a package with any byte of any file changed is refused by name", () =>
  withCopy(async (folder) => {
    for await (const { name } of Deno.readDir(SOURCE)) {
      if (!/\.onnx$|^tokenizer/.test(name)) continue;
      const path = `${folder}/${name}`;
      const good = await Deno.readFile(path);
      for (const at of positions(good.length, 40)) {
        const bad = good.slice();
        bad[at]! ^= 1 << (at % 8);
        await Deno.writeFile(path, bad);
        const message = await refusal(folder) ?? "taken";
        assert(message.includes(name), `${name} at ${at}: ${message}`);
        assert(message.includes("expected sha256"), message);
      }
      await Deno.writeFile(path, good);
    }
    assertEquals(await refusal(folder), null);
  }));

Deno.test("a manifest with bytes changed is refused, or still one that can be used", () =>
  withCopy(async (folder) => {
    const path = `${folder}/model.json`;
    const good = await Deno.readFile(path);
    let refused = 0;
    for (const at of positions(good.length, 400)) {
      for (const value of [0, 0x22, 0x2d, 0x39, 0x7d, 0xff]) {
        const bad = good.slice();
        bad[at] = value;
        await Deno.writeFile(path, bad);
        if (await refusal(folder) !== null) refused++;
      }
    }
    assert(refused > 1500, `${refused} of 2400 were refused`);
  }));
