/**
 * Encodes prompts and context, decides what the client left open, makes the stream.
 *
 * @module
 */
import { scheduleSigmas } from "../diffusion/mod.ts";
import type { MusicStream, StreamOptions } from "./music_stream.ts";
import { makeOpening } from "./opening.ts";
import { PromptMixer } from "./prompt_mixer.ts";
import { durationSamples, resolveBpm } from "./resolve.ts";
import { promptsOf } from "./snapshot.ts";
import { Stream } from "./stream.ts";

/**
 * Makes a stream. Nothing is generated before its first `read`.
 *
 * @throws {RangeError} If the package has no schedule for `steps`, or the context is too short.
 * @throws {TypeError} If there is a context and the package has no encoder.
 * @throws {DOMException} AbortError if `signal` is aborted meanwhile.
 */
export async function createStream(
  options: StreamOptions,
  init: { signal?: AbortSignal } = {},
): Promise<MusicStream> {
  const { model, controls, duration } = options;
  const steps = options.steps ?? model.manifest.sampler.steps;
  scheduleSigmas(model.manifest.sampler.schedule, steps);
  const mixer = new PromptMixer(model);
  const begin = performance.now();
  const { context = null, snapshot = null, ...rest } = options;
  const prompts = snapshot && promptsOf(snapshot, controls);
  await mixer.prepare(prompts ? { prompts } : controls, [], {
    deadlineMs: begin,
    ...init,
  });
  const opening = context && !snapshot
    ? await makeOpening(model, context, { deadlineMs: begin, ...init })
    : null;
  const bpm = snapshot?.bpm ?? controls.bpm ?? context?.bpm ??
    resolveBpm(controls, mixer.bpm(controls));
  return new Stream({
    ...rest,
    snapshot,
    opening,
    steps,
    elastic: options.elastic === true && options.steps === null,
    mixer,
    bpm,
    totalSamples: duration &&
      durationSamples(duration, bpm, controls.meter ?? 4),
    promptMs: performance.now() - begin,
  });
}
