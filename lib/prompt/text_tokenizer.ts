/**
 * Text to token ids.
 *
 * @module
 */
import { Tokenizer } from "@huggingface/tokenizers";

/** A text as the prompt network sees it. */
export interface TokenizedText {
  /** Token ids, special ones included. */
  ids: number[];
  /** False if no token stands for a word of the text. */
  understood: boolean;
}

/** The tokenizer of a model package, with its limit on length. */
export class TextTokenizer {
  #tokenizer: Tokenizer;
  /** Tokens that stand for no word. */
  #wordless: ReadonlySet<number>;
  /** Special tokens before and after every text. */
  #head: number[];
  #tail: number[];
  #maxWords: number;

  /**
   * @param json Content of a `tokenizer.json`, parsed.
   * @param options `maxTokens`: longest result, special tokens included; what exceeds it is cut off.
   * @throws {Error} If the content is no tokenizer.
   * @throws {RangeError} If the special tokens alone are too many.
   */
  constructor(json: object, { maxTokens }: { maxTokens: number }) {
    this.#tokenizer = new Tokenizer(json, {});
    const unknown = unknownToken(json);
    this.#wordless = new Set([
      ...[...this.#tokenizer.get_added_tokens_decoder()]
        .filter(([, token]) => token.special).map(([id]) => id),
      ...(unknown === undefined
        ? []
        : [this.#tokenizer.token_to_id(unknown) ?? -1]),
    ]);
    const probe = this.#encode("a", false);
    const full = this.#encode("a", true);
    const at = full.findIndex((_, i) =>
      probe.every((id, j) => full[i + j] === id)
    );
    this.#head = full.slice(0, Math.max(0, at));
    this.#tail = full.slice(Math.max(0, at) + probe.length);
    this.#maxWords = maxTokens - this.#head.length - this.#tail.length;
    if (this.#maxWords < 1) {
      throw new RangeError(
        `Cannot limit a text to ${maxTokens} tokens: ${
          maxTokens - this.#maxWords
        } are special`,
      );
    }
  }

  /** Encodes one text without padding. */
  encode(text: string): TokenizedText {
    const words = this.#encode(text, false).slice(0, this.#maxWords);
    return {
      ids: [...this.#head, ...words, ...this.#tail],
      understood: words.some((id) => !this.#wordless.has(id)),
    };
  }

  #encode(text: string, special: boolean): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
  }
}

/** The token that stands for what is not in the vocabulary, if the model has one. */
function unknownToken(json: object): string | undefined {
  const { model } = json as { model?: { unk_token?: unknown } };
  return typeof model?.unk_token === "string" ? model.unk_token : undefined;
}
