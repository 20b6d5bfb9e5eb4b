/**
 * Tokenizer of the tiny packages: whole words, the rest is [UNK].
 *
 * @module
 */
import { SPECIAL_TOKENS, WORDS } from "./vocabulary.ts";

/** Tokens of the vocabulary, special ones first: a token's id is its place. */
export const TOKENS: readonly string[] = [...SPECIAL_TOKENS, ...WORDS];

/** The content of a tokenizer.json. */
export function tokenizerJson(): unknown {
  const cls = { id: "[CLS]", ids: [TOKENS.indexOf("[CLS]")] };
  const sep = { id: "[SEP]", ids: [TOKENS.indexOf("[SEP]")] };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: cls.id, type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: sep.id, type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        [cls.id]: { ...cls, tokens: [cls.id] },
        [sep.id]: { ...sep, tokens: [sep.id] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])),
    },
  };
}
