import { scheduleSigmas } from "../diffusion/schedule.ts";
import { CONTROL_GROUPS, type GroupName, isGroup } from "./control_groups.ts";
import type { Manifest } from "./manifest.ts";

/** Latent frames that are heard first, together. */
const FIRST_WINDOW = 2;

type Rule = (manifest: Manifest) => string | null;

const RULES: readonly Rule[] = [
  layoutGroups,
  understood,
  layoutWidth,
  blockLengths,
  budgets,
  steps,
  unaskedGroups,
  readBrightness,
  hops,
  geometry,
  lookahead,
  maskedPrompt,
];

/**
 * What fields say about each other, which the schema cannot see.
 *
 * @returns The first contradiction, or null.
 */
export function contradiction(manifest: Manifest): string | null {
  for (const rule of RULES) {
    const fault = rule(manifest);
    if (fault !== null) return fault;
  }
  return null;
}

/** Each group is one that is written, as wide as it is written, and once. */
function layoutGroups({ controls: { layout } }: Manifest) {
  const names = layout.map(([name]) => name);
  for (const [i, [name, width]] of layout.entries()) {
    if (!isGroup(name)) {
      const accepted = Object.keys(CONTROL_GROUPS).join(", ");
      return `controls.layout has "${name}", accepted: ${accepted}`;
    }
    const wide = CONTROL_GROUPS[name].width;
    if (width !== wide) {
      return `controls.layout has ${width} channels for "${name}", accepted: ${wide}`;
    }
    if (names.indexOf(name) !== i) {
      return `controls.layout has "${name}" twice, accepted: once`;
    }
  }
  return null;
}

/** What is said to be heeded has somewhere to go. */
function understood({ sampler, controls }: Manifest) {
  const groups = controls.layout.map(([name]) => name as GroupName);
  const written = new Set<string>(
    groups.flatMap((name) => [...CONTROL_GROUPS[name].controls]),
  );
  // What the words become is no control channel.
  written.add("prompts");
  if (sampler.guidance !== null) written.add("guidance");
  const lost = controls.understood.find((name) => !written.has(name));
  if (lost === undefined) return null;
  return lost === "guidance"
    ? 'controls.understood has "guidance", but there is no sampler.guidance'
    : `controls.understood has "${lost}", but no group of controls.layout takes it: ${
      groups.join(", ")
    }`;
}

function layoutWidth({ controls: { channels, layout } }: Manifest) {
  const sum = layout.reduce((sum, [, width]) => sum + width, 0);
  return sum === channels
    ? null
    : `controls.channels is ${channels}, but the groups of controls.layout have ${sum}`;
}

/** A first block has no context: alone it must be a length that the graph takes. */
function blockLengths({ blocks, denoiser: { frames } }: Manifest) {
  const { min, max, multiple } = frames;
  const wrong = blocks.lengths.find((length) =>
    length < min || length > max || length % multiple !== 0
  );
  return wrong === undefined
    ? null
    : `blocks.lengths has ${wrong}, but denoiser.frames takes multiples of ${multiple} from ${min} to ${max}`;
}

/** Every noise level has a number of blocks that the graph takes. */
function budgets({ denoiser: { budgets } }: Manifest) {
  if (!budgets) return null;
  const { min, max, by_sigma } = budgets;
  if (min > max) {
    return `denoiser.budgets.min is ${min}, but denoiser.budgets.max is ${max}`;
  }
  const wrong = by_sigma.find(({ blocks }) => blocks < min || blocks > max);
  if (wrong) {
    return `denoiser.budgets.by_sigma has ${wrong.blocks} blocks, but the graph takes ${min} to ${max}`;
  }
  const levels = by_sigma.map(({ above }) => above);
  const falling = levels.every((level, i) => i === 0 || level < levels[i - 1]!);
  return falling && levels.at(-1) === 0
    ? null
    : `denoiser.budgets.by_sigma is for levels above ${
      levels.join(", ")
    }: they must fall and end at 0`;
}

/** Every number of steps that a client may ask for has its levels. */
function steps({ sampler }: Manifest) {
  const { schedule, steps, max_steps, guidance, muting } = sampler;
  if (steps > max_steps) {
    return `sampler.steps is ${steps}, but sampler.max_steps is ${max_steps}`;
  }
  if ((sampler.min_steps ?? 0) > steps) {
    return `sampler.min_steps is ${sampler.min_steps}, but sampler.steps is ${steps}`;
  }
  if (guidance !== null && guidance.sigma_low >= guidance.sigma_high) {
    return `sampler.guidance.sigma_low is ${guidance.sigma_low}, but sigma_high is ${guidance.sigma_high}`;
  }
  if (guidance !== null && muting) {
    return "sampler.muting is for packages whose sampler.guidance is null";
  }
  try {
    for (let n = 1; n <= max_steps; n++) scheduleSigmas(schedule, n);
  } catch (error) {
    return `sampler.schedule: ${(error as Error).message}`;
  }
  return null;
}

/** Guidance leads away from groups that there are. */
function unaskedGroups({ sampler, controls: { layout } }: Manifest) {
  const groups = layout.map(([name]) => name);
  const strange = Object.keys(sampler.guidance?.unasked ?? {})
    .find((name) => !groups.includes(name));
  return strange === undefined
    ? null
    : `sampler.guidance.unasked has "${strange}", but controls.layout has ${
      groups.join(", ")
    }`;
}

/** Brightness is read off every channel, and can be asked for. */
function readBrightness({ brightness, latent, controls }: Manifest) {
  if (!brightness) return null;
  const odd = brightness.bands
    .find(({ weights }) => weights.length !== latent.channels);
  if (odd) {
    return `brightness.bands has weights of ${odd.weights.length} numbers, but latent.channels is ${latent.channels}`;
  }
  return controls.understood.includes("brightness")
    ? null
    : 'brightness is read, but controls.understood lacks "brightness"';
}

function hops({ latent: { hop_samples }, decoder }: Manifest) {
  return decoder.kind !== "spectrum" || hop_samples % decoder.spectrum.hop === 0
    ? null
    : `latent.hop_samples is ${hop_samples}, not a multiple of decoder.spectrum.hop, ${decoder.spectrum.hop}`;
}

/** What is heard of a frame is made when those after it are known. */
function lookahead({ decoder }: Manifest) {
  if (decoder.kind !== "resampled") return null;
  const { lookahead_frames, preroll_frames, context_frames } = decoder;
  if (preroll_frames !== lookahead_frames) {
    return `decoder.preroll_frames is ${preroll_frames}, but decoder.lookahead_frames is ${lookahead_frames}: they must be equal`;
  }
  if (context_frames <= lookahead_frames) {
    return `decoder.context_frames is ${context_frames}: it must be more than decoder.lookahead_frames, ${lookahead_frames}`;
  }
  const first = FIRST_WINDOW + preroll_frames + lookahead_frames + 1;
  return decoder.min_frames >= first
    ? null
    : `decoder.min_frames is ${decoder.min_frames}: the first window has ${first}`;
}

/** A denoiser that wants the mask gets it as a value of each prompt token. */
function maskedPrompt({ denoiser, prompt }: Manifest) {
  if (denoiser.prediction === "edm") {
    return prompt.pad_to === undefined
      ? null
      : `prompt.pad_to is ${prompt.pad_to}: it is for velocity denoisers only`;
  }
  return prompt.pad_to === prompt.tokens
    ? null
    : `prompt.pad_to is ${prompt.pad_to}: with a velocity denoiser it must be prompt.tokens, ${prompt.tokens}`;
}

function geometry({ encoder, decoder }: Manifest) {
  return !encoder || decoder.kind === encoder.kind
    ? null
    : `encoder.kind is "${encoder.kind}", but decoder.kind, which says of which geometry, is "${decoder.kind}"`;
}
