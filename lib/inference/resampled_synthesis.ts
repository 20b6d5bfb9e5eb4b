/**
 * From the audio of a decoder with a rate of its own to 48 kHz. Its samples
 * depend on latent frames on both sides: those of a frame are given out when as
 * many frames after it as it needs are known, so all is as much later.
 *
 * @module
 */
import { createWindowResampler } from "../codec/mod.ts";
import type { Manifest } from "./manifest.ts";
import type { Synthesis } from "./synthesis.ts";

type ResampledDecoder = Extract<Manifest["decoder"], { kind: "resampled" }>;

/** Latent frames on each side of what is given out for the filter to reach into. */
const MARGIN = 1;

/**
 * Makes the stage.
 *
 * @param hop Samples of a latent frame at 48 kHz.
 */
export async function createResampledSynthesis(
  { native_hop, min_frames, lookahead_frames }: ResampledDecoder,
  hop: number,
): Promise<Synthesis> {
  const resample = await createWindowResampler(native_hop, hop);
  return ({ contextFrames, newFrames, index }, [audio]) => {
    const all = Math.max(contextFrames + newFrames, min_frames);
    const first = all - newFrames - lookahead_frames - MARGIN;
    if (first < 0) {
      throw new RangeError(
        `Cannot decode ${newFrames} frames at ${index}: the first needs ` +
          `${lookahead_frames + MARGIN} before it, there are ${contextFrames}`,
      );
    }
    const channel = (number: number) => {
      const start = (number * all + first) * native_hop;
      const end = (number + 1) * all * native_hop;
      const samples = resample(audio!.subarray(start, end));
      return samples.slice(MARGIN * hop, (MARGIN + newFrames) * hop);
    };
    return [channel(0), channel(1), new Float32Array()];
  };
}
