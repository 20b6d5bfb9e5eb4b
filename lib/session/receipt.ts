/**
 * What it takes to make the same piece again.
 *
 * @module
 */
import type { Model, Provider } from "../inference/engine.ts";
import type { Receipt } from "../protocol/mod.ts";
import type { Change, MusicStream } from "../stream/music_stream.ts";
import type { StreamEnd } from "./packetizer.ts";

/** Number format in which the networks compute. */
const PRECISION = "fp32";

/** Writes the receipt of a finished stream. */
export function receiptOf(
  stream: MusicStream,
  end: StreamEnd,
  source: {
    model: Model;
    provider: Provider;
    context?: Receipt["context"] | null;
  },
): Receipt {
  const { prompts = [], ...controls } = stream.firstControls;
  const { changes, degraded: { all: degraded } } = stream;
  return {
    model: source.model.manifest.id,
    model_sha256: source.model.sha256,
    provider: source.provider,
    precision: PRECISION,
    seed: stream.seed,
    steps: stream.steps,
    prompts,
    controls,
    ...(source.context && { context: source.context }),
    ...(stream.loop && { loop: true as const }),
    ...(changes?.length !== 0 && { updates: changes?.map(updateOf) ?? null }),
    ...(degraded.length > 0 && { degraded }),
    samples: end.samples,
    pcm_sha256: end.pcmSha256,
  };
}

function updateOf({ atSample, rampSamples, patch }: Change) {
  const { prompts, ...controls } = patch ?? {};
  return {
    at_sample: atSample,
    ramp_samples: rampSamples,
    ...(patch === null && { reset: true as const }),
    ...(prompts && { prompts }),
    ...(Object.keys(controls).length > 0 && { controls }),
  };
}
