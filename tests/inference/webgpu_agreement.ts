/**
 * Runs the tiny packages on WebGPU and on the CPU and prints, as JSON, the
 * largest differences of what comes out.
 *
 * @module
 */
import {
  decodeWindows,
  denoiserInput,
  maxDifference,
  noise,
  NOW,
  openTiny,
  rms,
  TINY,
  TINY_SPECTRUM,
} from "./tiny.ts";

await using webgpu = await openTiny([TINY, TINY_SPECTRUM], "webgpu");
await using cpu = await openTiny([TINY, TINY_SPECTRUM], "cpu");

const report = [];
for (const [id, model] of webgpu.models) {
  const reference = cpu.models.get(id)!;
  const prompts = await Promise.all(
    [model, reference].map((each) => each.encodePrompt("slow blues", NOW)),
  );
  const input = denoiserInput(model, 2, 24);
  const fs = await Promise.all(
    [model, reference].map((each) => each.denoise(input, NOW)),
  );
  const latents = noise(6, 11 * 16).map((value) => value / 2);
  const pcm = await Promise.all(
    [model, reference].map((each) => decodeWindows(each, latents, [3, 8])),
  );
  report.push({
    id,
    provider: webgpu.provider,
    prompt: maxDifference(prompts[0]!.tokens, prompts[1]!.tokens),
    denoiser: maxDifference(fs[0]!, fs[1]!),
    left: maxDifference(pcm[0]!.left, pcm[1]!.left),
    right: maxDifference(pcm[0]!.right, pcm[1]!.right),
    level: rms(pcm[0]!.left),
  });
}
console.log(JSON.stringify(report));
