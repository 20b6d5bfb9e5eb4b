import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { loadPackage, loadPackages } from "../../lib/inference/package.ts";
import { PackageError } from "../../lib/inference/mod.ts";
import { TINY, TINY_LAYERS, TINY_SPECTRUM } from "./tiny.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** Runs a test on a copy of the tiny package that it may spoil. */
async function withCopy(
  fn: (folder: string, parent: string) => Promise<void>,
  from = TINY,
): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    const folder = `${parent}/copy`;
    await copyPackage(from, folder);
    await fn(folder, parent);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

async function copyPackage(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function edit(
  folder: string,
  change: (manifest: Json) => void,
): Promise<void> {
  const path = `${folder}/model.json`;
  const manifest = JSON.parse(await Deno.readTextFile(path));
  change(manifest);
  await Deno.writeTextFile(path, JSON.stringify(manifest));
}

/** Asserts one line that names the file and says what else is given. */
async function assertRefused(
  folder: string,
  file: string,
  message: string | RegExp,
): Promise<void> {
  const error = await assertRejects(
    () => loadPackage(folder),
    PackageError,
    `Cannot use ${folder}/${file}: `,
  );
  assertEquals(error.message.includes("\n"), false);
  if (typeof message === "string") {
    assertEquals(error.message, `Cannot use ${folder}/${file}: ${message}`);
  } else {
    assertMatch(error.message, message);
  }
}

Deno.test("loadPackage() gives the manifest, its digest and the paths of the graphs", async () => {
  const { manifest, sha256, tokenizer, graphs } = await loadPackage(TINY);
  assertEquals(manifest.id, "tiny");
  assertMatch(sha256, /^[0-9a-f]{64}$/);
  assertEquals("model" in tokenizer, true);
  assertEquals(graphs, {
    prompt: await Deno.realPath(`${TINY}/prompt.onnx`),
    denoiser: await Deno.realPath(`${TINY}/denoiser.onnx`),
    decoder: await Deno.realPath(`${TINY}/decoder.onnx`),
  });
});

Deno.test("loadPackage() says what is wrong with layer budgets", async () => {
  type Budgets = { min: number; by_sigma: { above: number; blocks: number }[] };
  const cases: [(budgets: Budgets) => void, string][] = [
    [
      (b) => b.min = 5,
      "denoiser.budgets.min is 5, but denoiser.budgets.max is 4",
    ],
    [
      (b) => b.by_sigma[0]!.blocks = 9,
      "denoiser.budgets.by_sigma has 9 blocks, but the graph takes 1 to 4",
    ],
    [
      (b) => b.by_sigma[2]!.above = 0.1,
      "denoiser.budgets.by_sigma is for levels above 10, 2, 0.1: they must fall and end at 0",
    ],
    [
      (b) => b.by_sigma[1]!.above = 20,
      "denoiser.budgets.by_sigma is for levels above 10, 20, 0: they must fall and end at 0",
    ],
  ];
  for (const [change, message] of cases) {
    await withCopy(async (folder) => {
      await edit(folder, (manifest) => change(manifest.denoiser.budgets));
      await assertRefused(folder, "model.json", message);
    }, TINY_LAYERS);
  }
});

Deno.test("loadPackage() names a missing file", async () => {
  for (const file of ["model.json", "decoder.onnx", "tokenizer.json"]) {
    await withCopy(async (folder) => {
      await Deno.remove(`${folder}/${file}`);
      await assertRefused(folder, file, "it does not exist");
    });
  }
});

Deno.test("loadPackage() names a truncated file with both digests", () =>
  withCopy(async (folder) => {
    await Deno.truncate(`${folder}/denoiser.onnx`, 1000);
    await assertRefused(
      folder,
      "denoiser.onnx",
      /expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}$/,
    );
  }));

Deno.test("loadPackage() names a tampered file with both digests", () =>
  withCopy(async (folder) => {
    const path = `${folder}/decoder.onnx`;
    const bytes = await Deno.readFile(path);
    bytes[5000]! ^= 1;
    await Deno.writeFile(path, bytes);
    const { manifest } = await loadPackage(TINY);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const found = new Uint8Array(digest).toHex();
    const expected = manifest.decoder.graph.sha256;
    await assertRefused(
      folder,
      "decoder.onnx",
      `expected sha256 ${expected}, found ${found}`,
    );
  }));

Deno.test("loadPackage() says that a manifest is not JSON", () =>
  withCopy(async (folder) => {
    await Deno.writeTextFile(`${folder}/model.json`, '{"format": 1,');
    await assertRefused(folder, "model.json", /the text is not JSON: /);
  }));

Deno.test("loadPackage() names the field of a manifest that is wrong", async () => {
  const cases: [(manifest: Json) => void, string][] = [
    [(m) => m.format = 2, "format is 2, accepted: 1"],
    [
      (m) => m.latent.channels = 0,
      "latent.channels is 0, accepted: a whole number from 1",
    ],
    [
      (m) => delete m.decoder.graph.file,
      "decoder.graph.file is missing, accepted: text",
    ],
    [
      (m) => m.prompt.graph.sha256 = "ABC",
      'prompt.graph.sha256 is "ABC", accepted: 64 lower-case hexadecimal digits',
    ],
    [
      (m) => m.decoder.kind = "mp3",
      'decoder.kind is "mp3", accepted: an object whose kind is "pcm", "resampled" or "spectrum"',
    ],
    [
      (m) => m.extra = 1,
      '"extra" is not a known field, accepted: format, id, version, title, licence, test, sample_rate, channels, latent, prompt, denoiser, sampler, decoder, encoder, loudness, brightness, blocks, controls',
    ],
    [
      (m) => m.controls.understood = ["volume"],
      'controls.understood[0] is "volume", accepted: one of "prompts", "bpm", "meter", "key", "chords", "density", "brightness", "energy", "parts", "guidance"',
    ],
    [
      (m) => m.controls.channels = 55,
      "controls.channels is 55, but the groups of controls.layout have 54",
    ],
    [
      (m) => m.controls.layout[0][0] = "beats",
      'controls.layout has "beats", accepted: beat, chord, key, parts, density, brightness, energy',
    ],
    [
      (m) => m.controls.layout[0][1] = 4,
      'controls.layout has 4 channels for "beat", accepted: 5',
    ],
    [
      (m) => m.controls.layout.push(["energy", 2]),
      'controls.layout has "energy" twice, accepted: once',
    ],
    [
      (m) => m.controls.layout = [["beat", 5], ["energy", 2]],
      'controls.understood has "key", but no group of controls.layout takes it: beat, energy',
    ],
    [
      (m) => m.sampler.guidance = null,
      'controls.understood has "guidance", but there is no sampler.guidance',
    ],
    [
      (m) => m.prompt.pad_to = 8,
      "prompt.pad_to is 8: it is for velocity denoisers only",
    ],
    [
      (m) => m.blocks.lengths = [8, 9],
      "blocks.lengths has 9, but denoiser.frames takes multiples of 2 from 2 to 64",
    ],
    [
      (m) => m.sampler.steps = 9,
      "sampler.steps is 9, but sampler.max_steps is 8",
    ],
    [
      (m) => m.sampler.guidance.sigma_low = 7,
      "sampler.guidance.sigma_low is 7, but sigma_high is 5",
    ],
    [
      (m) => m.sampler.guidance.unasked = { tune: "kept" },
      'sampler.guidance.unasked has "tune", but controls.layout has beat, chord, key, parts, density, brightness, energy',
    ],
    [
      (m) => m.sampler.muting = { scale: 1.5, sigma_low: 1 },
      "sampler.muting is for packages whose sampler.guidance is null",
    ],
    [
      (m) => m.loudness = { lufs: 3, tolerance_lu: 1 },
      "loudness.lufs is 3, accepted: a finite number from -40 to -6",
    ],
    [
      (m) =>
        m.brightness = {
          from_hz: 400,
          octaves: 4,
          bands: [{ hz: 400, bias: 0, weights: [1] }],
        },
      "brightness.bands has weights of 1 numbers, but latent.channels is 16",
    ],
    [
      (m) => m.sampler.schedule = { kind: "levels", levels: { "1": [80] } },
      "sampler.schedule: Cannot sample in 2 steps: the package has levels for 1",
    ],
  ];
  for (const [change, message] of cases) {
    await withCopy(async (folder) => {
      await edit(folder, change);
      await assertRefused(folder, "model.json", message);
    });
  }
});

Deno.test("loadPackage() checks the hops of a spectrum decoder", () =>
  withCopy(async (folder) => {
    await edit(folder, (manifest) => manifest.decoder.spectrum.hop = 512);
    await assertRefused(
      folder,
      "model.json",
      "latent.hop_samples is 3840, not a multiple of decoder.spectrum.hop, 512",
    );
  }, TINY_SPECTRUM));

Deno.test("loadPackage() lets no path leave the folder", async () => {
  const inside = "lies outside of the package folder";
  await withCopy(async (folder, parent) => {
    await Deno.rename(`${folder}/prompt.onnx`, `${parent}/prompt.onnx`);
    for (const file of ["../prompt.onnx", `../${"copy/../"}prompt.onnx`]) {
      await edit(folder, (manifest) => manifest.prompt.graph.file = file);
      await assertRejects(() => loadPackage(folder), PackageError, inside);
    }
    const link = `${folder}/prompt.onnx`;
    await Deno.symlink(`${parent}/prompt.onnx`, link);
    await edit(folder, (m) => m.prompt.graph.file = "prompt.onnx");
    await assertRejects(() => loadPackage(folder), PackageError, inside);
  });
});

Deno.test("loadPackage() says that a tokenizer is not JSON", () =>
  withCopy(async (folder) => {
    const bytes = new TextEncoder().encode("{");
    await Deno.writeFile(`${folder}/tokenizer.json`, bytes);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    const sha256 = new Uint8Array(digest).toHex();
    await edit(folder, (m) => m.prompt.tokenizer.sha256 = sha256);
    await assertRejects(
      () => loadPackage(folder),
      PackageError,
      "tokenizer.json: it is not JSON",
    );
  }));

Deno.test("loadPackages() takes folders in order and their packages by name", () =>
  withCopy(async (folder, parent) => {
    await copyPackage(TINY, `${parent}/another`);
    await copyPackage(TINY, `${parent}/for_tests`);
    await Deno.mkdir(`${parent}/recipe`);
    await edit(folder, (m) => {
      m.id = "b";
      delete m.test;
    });
    await edit(`${parent}/another`, (m) => {
      m.id = "a";
      m.test = false;
    });
    const ids = (all: { manifest: { id: string } }[]) =>
      all.map(({ manifest }) => manifest.id);
    assertEquals(ids(await loadPackages([parent])), ["a", "b"]);
    assertEquals(ids(await loadPackages([TINY, parent])), ["tiny", "a", "b"]);
    await assertRejects(
      () => loadPackages([parent, folder]),
      PackageError,
      `Cannot use ${folder}: another package has the id "b" too`,
    );
  }));

Deno.test("loadPackages() says that a folder has no package", () =>
  withCopy(async (folder, parent) => {
    await assertRejects(
      () => loadPackages([parent]),
      PackageError,
      `Cannot use ${parent}: neither it nor a folder in it has a model.json (1 for tests, to be named directly)`,
    );
    await assertRejects(
      () => loadPackages([`${folder}/none`]),
      PackageError,
      `Cannot use ${folder}/none: it does not exist`,
    );
  }));
