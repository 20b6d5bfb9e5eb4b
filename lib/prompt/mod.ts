/**
 * Text to prompt tokens, and mixing them. This module is browser compatible.
 *
 * @module
 */
export { mixPrompts, morph, type WeightedPrompt } from "./mix.ts";
export {
  type EncodedPrompt,
  PromptEncoder,
  type PromptEncoderOptions,
  type PromptNetwork,
} from "./prompt_encoder.ts";
export { TextTokenizer, type TokenizedText } from "./text_tokenizer.ts";
