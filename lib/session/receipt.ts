/**
 * What it takes to make the same piece again.
 *
 * @module
 */
import type { Model, Provider } from "../inference/engine.ts";
import type { Receipt } from "../protocol/mod.ts";
import type { MusicStream } from "../stream/music_stream.ts";
import type { StreamEnd } from "./packetizer.ts";

/** Number format in which the networks compute. */
const PRECISION = "fp32";

/** Writes the receipt of a finished stream. */
export function receiptOf(
  stream: MusicStream,
  end: StreamEnd,
  source: { model: Model; provider: Provider },
): Receipt {
  const { prompts = [], ...controls } = stream.controls;
  return {
    model: source.model.manifest.id,
    model_sha256: source.model.sha256,
    provider: source.provider,
    precision: PRECISION,
    seed: stream.seed,
    steps: stream.steps,
    prompts,
    controls,
    samples: end.samples,
    pcm_sha256: end.pcmSha256,
  };
}
