/**
 * Text to prompt tokens, and mixing them. This module is browser compatible.
 *
 * @module
 */
export { keyInText } from "./key_in_text.ts";
export { type Level, LEVELS, levelsInText } from "./levels_in_text.ts";
export { mixPrompts, morph, type WeightedPrompt } from "./mix.ts";
export { type Part, PARTS, partsLeftOut } from "./parts_in_text.ts";
export {
  type EncodedPrompt,
  PromptEncoder,
  type PromptEncoderOptions,
  type PromptNetwork,
} from "./prompt_encoder.ts";
export { TextTokenizer, type TokenizedText } from "./text_tokenizer.ts";
