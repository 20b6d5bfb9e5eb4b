/**
 * Lyria RealTime: the protocol of `ai.live.music` in Google's SDKs.
 *
 * @module
 */
export { Conversation } from "./conversation.ts";

/** The path of the WebSocket in every version of the API; the SDKs differ in which is theirs. */
export const LYRIA_PATHS: readonly string[] = ["v1", "v1beta", "v1alpha"].map(
  (version) =>
    `/ws/google.ai.generativelanguage.${version}.GenerativeService.BidiGenerateMusic`,
);
