/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Decodes one audio file. A file may be made to take long or much memory: its
 * decoding is ended with the worker, and never holds up the sockets.
 *
 * @module
 */
import {
  AudioFileError,
  BROKEN,
  decodeAudioFile,
  estimateBpm,
} from "../audio/decode/mod.ts";
import type { DecodeReply, DecodeRequest } from "./context_decoder.ts";

self.onmessage = async ({ data }: MessageEvent<DecodeRequest>) => {
  const { bytes, limits, keepSamples, bpm } = data;
  try {
    const { left, right } = await decodeAudioFile(bytes, limits);
    // Not a view: what is not kept is not to be copied.
    const kept = {
      left: left.slice(-keepSamples),
      right: right.slice(-keepSamples),
    };
    reply({
      type: "decoded",
      samples: left.length,
      ...kept,
      bpm: bpm ?? estimateBpm(left, right),
    }, [kept.left.buffer, kept.right.buffer]);
  } catch (error) {
    // Whatever else a decoder throws is for its makers, too.
    const { message, unknownKind } = error instanceof AudioFileError
      ? error
      : { message: BROKEN, unknownKind: false };
    reply({ type: "refused", message, unknownKind });
  }
};

function reply(message: DecodeReply, transfer: ArrayBufferLike[] = []): void {
  self.postMessage(message, transfer as ArrayBuffer[]);
}
