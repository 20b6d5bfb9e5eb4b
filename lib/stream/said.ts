/**
 * What prompts say of parts, keys and levels in so many words, asked for as the
 * fields of those names ask for it: the denoiser heeds its control channels
 * where it hardly heeds words.
 *
 * @module
 */
import {
  keyInText,
  type Level,
  LEVELS,
  levelsInText,
  type Part,
  PARTS,
  partsLeftOut,
} from "../prompt/mod.ts";
import type { Prompts } from "./prompt_blend.ts";
import type { Score } from "./score.ts";

/** What a list of prompts says. */
interface Said {
  /** Key that the heaviest prompt with one names. */
  key: string | null;
  /** Parts that more than half of the prompts, by weight, leave out. */
  leftOut: Set<Part>;
  /** Levels of which more than half of them speak: their mean, by weight. */
  levels: Partial<Record<Level, number>>;
}

const known = new WeakMap<Prompts, Said>();

function saidBy(prompts: Prompts): Said {
  let said = known.get(prompts);
  if (!said) {
    const each = prompts.map(({ text, weight }) => ({
      key: keyInText(text),
      leftOut: partsLeftOut(text),
      levels: levelsInText(text),
      weight,
    })).sort((a, b) => b.weight - a.weight);
    const share = (part: Part) =>
      each.filter(({ leftOut }) => leftOut.has(part))
        .reduce((sum, { weight }) => sum + weight, 0);
    const levels: Said["levels"] = {};
    for (const name of LEVELS) {
      const speaking = each.filter(({ levels }) => levels[name] !== undefined);
      const weight = speaking.reduce((sum, { weight }) => sum + weight, 0);
      if (weight <= 0.5) continue;
      levels[name] = speaking.reduce((sum, { levels, weight }) =>
        sum + weight * levels[name]!, 0) / weight;
    }
    said = {
      levels,
      key: each.find(({ key }) => key !== null)?.key ?? null,
      leftOut: new Set(PARTS.filter((part) => share(part) > 0.5)),
    };
    known.set(prompts, said);
  }
  return said;
}

/** What is said at a sample: from half way between two lists of prompts on, what the second says. */
function saidAt(score: Score, sample: number): Said {
  const { from, to, progress } = score.prompts(sample);
  return saidBy(progress < 0.5 ? from : to);
}

/** Whether each of {@linkcode PARTS} may play at a sample: those that `parts` allows and no prompt leaves out. */
export function partsAt(score: Score, sample: number): boolean[] {
  const { parts } = score.at(sample);
  const { leftOut } = saidAt(score, sample);
  return PARTS.map((part) => (parts?.[part] ?? true) && !leftOut.has(part));
}

/** Key at a sample: the one that `key` asks for, else one that a prompt names, or null. */
export function keyAt(score: Score, sample: number): string | null {
  return score.at(sample).key ?? saidAt(score, sample).key;
}

/** A level at a sample: the one that its control asks for, else one that the prompts speak of, or null. A morph goes from one to the other. */
export function levelAt(
  name: Level,
  score: Score,
  sample: number,
): number | null {
  const asked = score.value(name, sample);
  if (asked !== null) return asked;
  const { from, to, progress } = score.prompts(sample);
  const [before, after] = [from, to].map((each) => saidBy(each).levels[name]);
  if (before === undefined || after === undefined) {
    return saidAt(score, sample).levels[name] ?? null;
  }
  return before + (after - before) * progress;
}
