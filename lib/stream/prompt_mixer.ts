/**
 * The prompt tokens of a moment: weighted mix of the prompts in force, morphed
 * while a ramp is under way.
 *
 * @module
 */
import type { Model, PromptEncoding } from "../inference/engine.ts";
import { mixPrompts, morph } from "../prompt/mod.ts";
import type { Controls } from "../protocol/mod.ts";
import type { Prompts } from "./prompt_blend.ts";
import type { Score } from "./score.ts";

/** Prompts of one stream, encoded once. */
export class PromptMixer {
  #model: Model;
  #encodings = new Map<string, PromptEncoding>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Encodes the prompts of `controls`; forgets those that `keep` does not name either. */
  async prepare(
    controls: Partial<Controls>,
    keep: readonly Pick<Controls, "prompts">[],
    options: { deadlineMs: number; signal?: AbortSignal },
  ): Promise<void> {
    const texts = (controls.prompts ?? []).map((prompt) => prompt.text);
    const encodings = await Promise.all(
      texts.map((text) => this.#model.encodePrompt(text, options)),
    );
    texts.forEach((text, i) => this.#encodings.set(text, encodings[i]!));
    const wanted = new Set(
      [controls, ...keep].flatMap((c) => c.prompts ?? []).map((p) => p.text),
    );
    for (const text of this.#encodings.keys()) {
      if (!wanted.has(text)) this.#encodings.delete(text);
    }
  }

  /** Tempo predicted for a mix, in beats a minute: the weighted mean on a log scale, or null. */
  bpm(controls: Controls): number | null {
    let sum = 0;
    let weights = 0;
    for (const { text, weight } of controls.prompts ?? []) {
      const bpm = this.#encodings.get(text)?.bpm ?? null;
      if (bpm === null) continue;
      sum += weight * Math.log2(bpm);
      weights += weight;
    }
    return weights === 0 ? null : 2 ** (sum / weights);
  }

  /** Texts of which no word is known. */
  notUnderstood(controls: Partial<Controls>): string[] {
    return (controls.prompts ?? []).map((prompt) => prompt.text)
      .filter((text) => this.#encodings.get(text)?.understood === false);
  }

  #mix(prompts: Prompts): Float32Array {
    const { tokens, dims } = this.#model.manifest.prompt;
    // No prompt at all is the null prompt.
    if (prompts.length === 0) return new Float32Array(tokens * dims);
    return mixPrompts(
      prompts.map(({ text, weight }) => ({
        tokens: this.#encodings.get(text)!.tokens,
        weight,
      })),
      dims,
    );
  }

  /** Prompt tokens at a sample, row-major (tokens, dims). */
  at(score: Score, sample: number): Float32Array {
    const { from, to, progress } = score.prompts(sample);
    const mixed = this.#mix(to);
    if (progress >= 1) return mixed;
    const { dims } = this.#model.manifest.prompt;
    return morph(this.#mix(from), mixed, progress, dims);
  }
}
