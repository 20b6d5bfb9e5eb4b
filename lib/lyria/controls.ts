/**
 * Prompts and configuration of Lyria as controls of a stream.
 *
 * @module
 */
import { show } from "../protocol/check.ts";
import { type Controls, LIMITS } from "../protocol/mod.ts";
import type { GenerationConfig } from "./messages.ts";
import { SCALES } from "./scales.ts";

/** One text of the mix. */
export interface WeightedPrompt {
  text: string;
  weight: number;
}

/** A prompt that is left out. */
export interface FilteredPrompt {
  text: string;
  filteredReason: string;
}

/** The largest weight of the protocol; only proportions count. */
const MAX_WEIGHT = 10;

/** Sorts prompts into those that can be played and those that cannot. */
export function sortPrompts(
  given: readonly { text?: unknown; weight?: unknown }[],
): { prompts: WeightedPrompt[]; filtered: FilteredPrompt[] } {
  const prompts: WeightedPrompt[] = [];
  const filtered: FilteredPrompt[] = [];
  for (const { text, weight } of given) {
    const prompt = {
      text: typeof text === "string" ? text.trim() : text,
      weight: weight ?? 1,
    };
    const reason = whyNot(prompt, prompts.length);
    if (reason === null) prompts.push(prompt as WeightedPrompt);
    else {
      const shown = typeof text === "string" ? text : show(text);
      filtered.push({ text: shown, filteredReason: reason });
    }
  }
  return { prompts, filtered };
}

function whyNot(
  { text, weight }: { text: unknown; weight: unknown },
  before: number,
): string | null {
  const most = LIMITS.prompt_chars;
  if (typeof text !== "string" || text.length < 1 || text.length > most) {
    return `text is ${show(text)}, accepted: text of 1 to ${most} characters`;
  }
  // JSON has numbers that are too large for one.
  if (typeof weight !== "number" || !(weight > 0 && weight < Infinity)) {
    const shown = weight === Infinity ? "Infinity" : show(weight);
    return `weight is ${shown}, accepted: a number over 0`;
  }
  if (before < LIMITS.prompts) return null;
  return `there are more than ${LIMITS.prompts} prompts`;
}

/** Weights as the protocol has them. */
export function promptControls(prompts: readonly WeightedPrompt[]): Controls {
  const largest = Math.max(...prompts.map(({ weight }) => weight));
  const scale = largest > MAX_WEIGHT ? MAX_WEIGHT / largest : 1;
  return {
    prompts: prompts.map(({ text, weight }) => ({
      text,
      // What is next to nothing stays over 0.
      weight: Math.max(weight * scale, Number.MIN_VALUE),
    })),
  };
}

/** A whole configuration: what it does not name goes back to the model. */
export function configControls(config: GenerationConfig): Controls {
  const { scale, onlyBassAndDrums } = config;
  return {
    bpm: config.bpm ?? null,
    density: config.density ?? null,
    brightness: config.brightness ?? null,
    guidance: config.guidance ?? null,
    key: scale ? SCALES.get(scale) ?? null : null,
    parts: {
      drums: !config.muteDrums,
      bass: !config.muteBass,
      harmony: !onlyBassAndDrums,
      melody: !onlyBassAndDrums,
    },
  };
}

/** Why fields of a configuration change nothing, by field. */
export function ignoredFields(config: GenerationConfig): Map<string, string> {
  const ignored = new Map<string, string>();
  const { temperature, topK, musicGenerationMode: mode } = config;
  const sampling =
    "the music is sampled by diffusion, which has no such choice";
  if (temperature != null) ignored.set("temperature", sampling);
  if (topK != null) ignored.set("topK", sampling);
  if (mode === "DIVERSITY" || mode === "VOCALIZATION") {
    ignored.set("musicGenerationMode", "there is one mode");
  }
  return ignored;
}
