import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { addModel, DownloadError } from "../../scripts/model_add.ts";
import { writeStandIns } from "../../scripts/stable_audio/stand_in.ts";
import { RawClient, s16 } from "../e2e/raw_client.ts";
import { Server } from "../e2e/server.ts";
import { noise, NOW, openTiny } from "../inference/tiny.ts";

const ROOT = new URL("../../", import.meta.url);
const ID = "stable-audio-3-small-music";
const CHANNELS = 256;

let folder = "";

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await writeStandIns(folder);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "model:add", folder],
    cwd: fileURLToPath(ROOT),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** The folder without, or with another, file. */
async function damaged(name: string, bytes: Uint8Array | null) {
  const copy = await Deno.makeTempDir();
  await writeStandIns(copy);
  if (bytes) await Deno.writeFile(`${copy}/${name}`, bytes);
  else await Deno.remove(`${copy}/${name}`);
  const error = await assertRejects(() => addModel(copy), DownloadError);
  await Deno.remove(copy, { recursive: true });
  return error.message;
}

Deno.test("model:add says what is missing, and where it is under which licence", async () => {
  const message = await damaged("sa3-sm-music/dit.onnx", null);
  assert(message.includes("lacks sa3-sm-music/dit.onnx. "), message);
  assert(message.includes("Stability AI Community License"), message);
  assert(message.includes("huggingface.co/stabilityai/"), message);
});

Deno.test("model:add refuses another graph, naming what it has", async () => {
  const other = await Deno.readFile(`${folder}/same-s/dec_bf16.onnx`);
  const message = await damaged("sa3-sm-music/dit.onnx", other);
  assert(message.includes("has no input x, it has latent."), message);
  const torn = await damaged("sa3-sm-music/dit.onnx", other.subarray(0, 99));
  assert(torn.includes("Cannot load "), torn);
});

Deno.test("stand-ins of Stable Audio 3: windows join without a seam", async () => {
  await using engine = await openTiny([folder]);
  const model = engine.models.get(ID)!;
  const { latent: { hop_samples: hop }, decoder } = model.manifest;
  const frames = 90;
  const latents = noise(5, frames * CHANNELS);
  async function decode(first: number, end: number) {
    const contextFrames = Math.min(first, decoder.context_frames);
    const from = (first - contextFrames) * CHANNELS;
    return await model.decode({
      latents: latents.slice(from, end * CHANNELS),
      ...{ contextFrames, newFrames: end - first, index: first },
      state: first === 0 ? null : new Float32Array(),
    }, NOW);
  }
  const whole = new Float32Array(frames * hop);
  const ends = [10, 12, 36, 60, 84, 90];
  let first = 0;
  for (const end of ends) {
    const { left, right } = await decode(first, end);
    assertEquals(
      [left.length, right.length],
      Array(2).fill((end - first) * hop),
    );
    whole.set(left, first * hop);
    first = end;
  }
  // From another place on, the windows lie otherwise: the samples are the same.
  const { left } = await decode(40, 80);
  const off = left.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - whole[40 * hop + i]!)),
    0,
  );
  assert(off < 1e-4, `windows differ by ${off}`);
  assert(left.some((x) => Math.abs(x) > 0.05));
});

Deno.test("stand-ins of Stable Audio 3: known frames reach the denoiser as local_add_cond", async () => {
  await using engine = await openTiny([folder]);
  const model = engine.models.get(ID)!;
  const frames = 6;
  const { tokens, dims } = model.manifest.prompt;
  const context = new Float32Array(frames * (CHANNELS + 1));
  const input = {
    ...{ batch: 1, frames, context, x: noise(1, frames * CHANNELS) },
    cNoise: Float32Array.of(0),
    prompt: new Float32Array(tokens * dims),
    controls: new Float32Array(frames * 2),
  };
  const alone = await model.denoise(input, NOW);
  const known = context.slice();
  known.set(noise(2, CHANNELS), 0);
  known[CHANNELS] = 1;
  const after = await model.denoise({ ...input, context: known }, NOW);
  const changed = Array.from({ length: frames }, (_, i) => {
    const row = (
      f: Float32Array,
    ) => [...f.subarray(i * CHANNELS, (i + 1) * CHANNELS)];
    return row(after).some((value, c) => value !== row(alone)[c]);
  });
  // Two convolutions of three frames: what is known is heard two frames on.
  assertEquals(changed, [true, true, true, false, false, false]);
});

Deno.test("stand-ins of Stable Audio 3 are served live, exact in length and repeatable", async () => {
  await using server = await Server.start({
    env: { MODELS: folder },
    readAll: true,
  });
  await using client = await RawClient.open(server.wsUrl);
  const piece = {
    ...{ prompts: [{ text: "rain" }], seed: 3, model: ID, steps: 2 },
    format: { codec: "pcm_s16le" },
  };
  // Longer than the first block of 256 latent frames: it goes on from itself.
  const duration = { seconds: 26 };
  const [one, two] = [
    await client.play({ ...piece, stream: "a", duration }),
    await client.play({ ...piece, stream: "b", duration }),
  ];
  const music = s16(one.bytes);
  assertEquals(music.length, 2 * 26 * 48_000);
  assertEquals(one.bytes, two.bytes);
  const tail = music.subarray(2 * 24 * 48_000);
  assert(
    tail.some((value) => Math.abs(value) > 300),
    "the second block is mute",
  );
});
