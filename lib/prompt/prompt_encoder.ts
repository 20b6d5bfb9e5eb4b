/**
 * Prompt encoder with a memory: a stream's prompts come back with every update.
 *
 * @module
 */
import type { TextTokenizer } from "./text_tokenizer.ts";

/** What a text means to the denoiser. */
export interface EncodedPrompt {
  /** Prompt tokens, row-major (tokens, dims). */
  tokens: Float32Array;
  /** Tempo predicted from the text, in beats a minute, or null if none is. */
  bpm: number | null;
  /** False if no token of the text stands for a word. */
  understood: boolean;
}

/** Options of {@linkcode PromptEncoder}. */
export interface PromptEncoderOptions {
  tokenizer: TextTokenizer;
  /** Texts remembered, at least 1; default 256. */
  capacity?: number;
}

/** The prompt network: token ids to prompt tokens and tempo. */
export type PromptNetwork = (
  ids: number[],
) => Promise<{ tokens: Float32Array; bpm: number | null }>;

const DEFAULT_CAPACITY = 256;

/** Spellings that the encoder has not learned, as it has learned them. */
const SPELLINGS: readonly [RegExp, string][] = [
  [/\b(up|mid)tempo\b/gi, "$1-tempo"],
  [/\bhiphop\b/gi, "hip hop"],
  [/\b(?:dnb|d\s?[&n]\s?b)\b/gi, "drum and bass"],
  [/\b8bit\b/gi, "8-bit"],
  [/\bbossanova\b/gi, "bossa nova"],
  [/\bedm\b/gi, "electronic dance music"],
];

/** Encodes texts; the least recently used ones are forgotten. */
export class PromptEncoder {
  #tokenizer: TextTokenizer;
  #capacity: number;
  /** A Map iterates in the order of insertion: the oldest entry is its first. */
  #cache = new Map<string, EncodedPrompt>();

  /** @throws {RangeError} If the capacity is not an integer of at least 1. */
  constructor(options: PromptEncoderOptions) {
    const { tokenizer, capacity = DEFAULT_CAPACITY } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot remember ${capacity} texts: must be an integer of at least 1`,
      );
    }
    this.#tokenizer = tokenizer;
    this.#capacity = capacity;
  }

  /** Texts remembered now. */
  get size(): number {
    return this.#cache.size;
  }

  /** The encoding of a text if it is remembered; the caller owns the result. */
  recall(text: string): EncodedPrompt | null {
    const key = normalise(text);
    const known = this.#cache.get(key);
    if (!known) return null;
    this.#remember(key, known);
    return copy(known);
  }

  /** Encodes a text; the caller owns the result. */
  async encode(text: string, network: PromptNetwork): Promise<EncodedPrompt> {
    const known = this.recall(text);
    if (known) return known;
    const key = normalise(text);
    const { ids, understood } = this.#tokenizer.encode(
      SPELLINGS.reduce((text, [said, known]) => text.replace(said, known), key),
    );
    const prompt = { ...await network(ids), understood };
    this.#remember(key, prompt);
    return copy(prompt);
  }

  #remember(key: string, prompt: EncodedPrompt): void {
    this.#cache.delete(key);
    this.#cache.set(key, prompt);
    if (this.#cache.size <= this.#capacity) return;
    const [oldest] = this.#cache.keys();
    this.#cache.delete(oldest!);
  }
}

/** Texts that differ in white space or in Unicode form are one. */
function normalise(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/g, " ");
}

function copy(prompt: EncodedPrompt): EncodedPrompt {
  return { ...prompt, tokens: prompt.tokens.slice() };
}
