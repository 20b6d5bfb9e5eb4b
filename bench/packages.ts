/**
 * How fast whole pieces come out of several model packages, in one run:
 *
 *     deno task bench:packages models/pocket models/pocket@80 ...
 *
 * `@80` is the same package sampled in 80 steps, whatever it says itself.
 * `--json FILE` keeps the medians, for `python -m recipe evaluate --tradeoff`.
 *
 * @module
 */
import { basename, join } from "node:path";
import { startServer } from "./server.ts";
import { printRows, type Row, statsOf } from "./stats.ts";

// The server may read below models/ only.
const PARENT = "models";
const SECONDS = 32;
const RUNS = 7;
/** Pieces are made for so long before one counts: the just-in-time compiler's share is not the server's. */
const WARM_MS = 3000;

/** A folder `parent/ID` with the package's files and another number of steps. */
async function withSteps(source: string, steps: number, parent: string) {
  const folder = join(parent, basename(source));
  await Deno.mkdir(folder);
  for await (const { name, isFile } of Deno.readDir(source)) {
    if (isFile && name !== "model.json") {
      await Deno.copyFile(join(source, name), join(folder, name));
    }
  }
  const manifest = JSON.parse(
    await Deno.readTextFile(join(source, "model.json")),
  );
  const { sampler } = manifest;
  manifest.sampler = {
    ...sampler,
    steps,
    max_steps: Math.max(steps, sampler.max_steps),
  };
  await Deno.writeTextFile(
    join(folder, "model.json"),
    JSON.stringify(manifest),
  );
  return folder;
}

/** Wall milliseconds from the request for `SECONDS` of stereo PCM to its last byte. */
async function pieceMs(url: string, seed: number): Promise<number> {
  const query = new URLSearchParams({
    prompt: "lo-fi hip hop, mellow",
    seconds: String(SECONDS),
    seed: String(seed),
    format: "pcm_s16le",
  });
  const begin = performance.now();
  const response = await fetch(`${url}/v1/generate?${query}`);
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
  return performance.now() - begin;
}

const rows: Row[] = [];
const at = Deno.args.indexOf("--json");
const [kept, packages] = at < 0
  ? [undefined, Deno.args]
  : [Deno.args[at + 1], Deno.args.toSpliced(at, 2)];
for (const argument of packages) {
  const [source, steps] = argument.split("@");
  const parent = await Deno.makeTempDir({ dir: PARENT });
  try {
    const folder = steps
      ? await withSteps(source!, Number(steps), parent)
      : source!;
    await using server = await startServer({ MODELS: folder });
    for (let ms = 0; ms < WARM_MS;) ms += await pieceMs(server.url, 0);
    const samples: number[] = [];
    for (let seed = 1; seed <= RUNS; seed++) {
      samples.push(1000 * SECONDS / await pieceMs(server.url, seed));
    }
    rows.push({
      name: argument,
      unit: "x real time",
      stats: statsOf(samples),
      goal: "",
    });
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}
const slowest = rows.toSorted((a, b) => a.stats.p50 - b.stats.p50)[0];
for (const row of rows) {
  if (slowest) {
    row.goal = `${(row.stats.p50 / slowest.stats.p50).toFixed(1)} of slowest`;
  }
}
printRows(rows);
if (kept !== undefined) {
  const speeds = rows.map(({ name, stats }) => [basename(name), stats.p50]);
  await Deno.writeTextFile(
    kept,
    JSON.stringify(Object.fromEntries(speeds), null, 1) + "\n",
  );
}
