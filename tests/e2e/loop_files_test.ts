import { assert, assertEquals } from "@std/assert";
import { ffmpeg, hasProgram, opusdec } from "../audio/decode.ts";
import { shell, snippets } from "../docs/snippets.ts";
import { s16 } from "./raw_client.ts";
import { MODELS, sharedServer } from "./server.ts";

const server = sharedServer();

async function file(query: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${server().url}/v1/generate?${query}`);
  assertEquals(response.status, 200, await response.clone().text());
  return await response.bytes();
}

/** Steps from sample to sample, per channel: over the seam, and the largest elsewhere. */
function steps(pcm: Int16Array): { seam: number; elsewhere: number } {
  const samples = pcm.length / 2;
  let [seam, elsewhere] = [0, 0];
  for (let i = 0; i < 2 * samples; i++) {
    const next = pcm[(i + 2) % pcm.length]!;
    const step = Math.abs(next - pcm[i]!);
    if (i >= 2 * samples - 2) seam = Math.max(seam, step);
    else elsewhere = Math.max(elsewhere, step);
  }
  return { seam, elsewhere };
}

const ASKED = [[8, 128], [3, 93.7], [1, 240]] as const;

for (const model of MODELS.map((folder) => folder.split("/")[1]!)) {
  Deno.test({
    name:
      `${model}: a loop as WAV is exact, says where it loops, and has no seam`,
    ignore: !(await hasProgram("ffmpeg")),
    fn: async () => {
      for (const [bars, bpm] of ASKED) {
        const query = `model=${model}&prompt=a&bars=${bars}&bpm=${bpm}`;
        const wav = await file(`${query}&loop=1&format=wav&seed=3`);
        const samples = Math.round(bars * 4 * 2_880_000 / bpm);
        const view = new DataView(wav.buffer);
        const name = (at: number) =>
          new TextDecoder().decode(wav.subarray(at, at + 4));
        assertEquals([name(36), view.getUint32(40, true)], ["smpl", 60]);
        // One loop, forward, of all samples, without end.
        assertEquals(view.getUint32(72, true), 1);
        const fields = [84, 88, 92, 100].map((at) => view.getUint32(at, true));
        assertEquals(fields, [0, 0, samples - 1, 0]);
        assertEquals(view.getUint32(4, true), wav.length - 8);
        const pcm = await ffmpeg(wav);
        assertEquals(pcm.length, 2 * samples);
        assertEquals(s16(wav.slice(112)), pcm);
        const { seam, elsewhere } = steps(pcm);
        assert(seam <= elsewhere, `${bars} bars: ${seam}, else ${elsewhere}`);
      }
    },
  });

  Deno.test({
    name: `${model}: a loop as Ogg is exact by its end trim, and has no seam`,
    ignore: !(await hasProgram("opusdec")),
    fn: async () => {
      for (const [bars, bpm] of ASKED) {
        const query = `model=${model}&prompt=a&bars=${bars}&bpm=${bpm}`;
        const pcm = await opusdec(await file(`${query}&loop=1&seed=3`));
        assertEquals(pcm.length, 2 * Math.round(bars * 4 * 2_880_000 / bpm));
        const { seam, elsewhere } = steps(pcm);
        assert(seam <= elsewhere, `${bars} bars: ${seam}, else ${elsewhere}`);
      }
    },
  });
}

Deno.test({
  name: "the shell of docs/adaptive_music.md makes loops",
  ignore: !(await hasProgram("curl")) || !(await hasProgram("opusdec")),
  fn: async () => {
    const cwd = await Deno.makeTempDir();
    const [loops] = await snippets("docs/adaptive_music.md", "sh");
    await shell(loops!, { cwd, url: server().url });
    const samples = Math.round(32 * 2_880_000 / 112);
    const wav = await Deno.readFile(`${cwd}/tavern.wav`);
    assertEquals(wav.length, 112 + 4 * samples);
    const pcm = await opusdec(await Deno.readFile(`${cwd}/tavern.ogg`));
    assertEquals(pcm.length, 2 * samples);
    await Deno.remove(cwd, { recursive: true });
  },
});
