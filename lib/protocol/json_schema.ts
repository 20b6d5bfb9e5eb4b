/**
 * JSON Schema out of the schemas that check messages.
 *
 * @module
 */
import {
  type ConversionConfig,
  toJsonSchemaDefs,
} from "@valibot/to-json-schema";
import type * as v from "valibot";
import { AudioFormat, ResolvedFormat } from "./audio_format.ts";
import { Chords, Duration, Prompt, Prompts, Ramp } from "./controls.ts";
import { Problem } from "./errors.ts";
import { GenerateRequest } from "./generate.ts";
import { ModelInfo, ModelList } from "./model_info.ts";
import { Receipt, ResolvedPrompt } from "./receipt.ts";

/** A JSON Schema, or any other part of a document. */
export type Json = { [key: string]: unknown };

/** Schemas that several messages share, by the name that they have in documents. */
export const SHARED = {
  Prompt,
  Prompts,
  Chords,
  Duration,
  Ramp,
  AudioFormat,
  ResolvedFormat,
  ResolvedPrompt,
  ModelInfo,
  Receipt,
};

/** What only HTTP uses. */
export const HTTP_ONLY = { GenerateRequest, ModelList, Problem };

/** Rules that JSON Schema cannot say; the descriptions tell them. */
const NOT_EXPRESSIBLE = [
  "check",
  "finite",
  "partial_check",
  "raw_check",
  "trim",
];

/** Keywords beside `$ref` are not read before draft 2019-09. */
function wrapRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wrapRefs);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map((
    [k, child],
  ) => [k, wrapRefs(child)]);
  const { $ref, ...rest } = Object.fromEntries(entries) as Json;
  if ($ref === undefined) return rest;
  return Object.keys(rest).length ? { allOf: [{ $ref }], ...rest } : { $ref };
}

/**
 * Converts schemas to what a sender has to fulfil, with references among them
 * in `#/components/schemas`.
 *
 * @param target The JSON Schema version: AsyncAPI is a superset of draft 7,
 * OpenAPI 3.1 of 2020-12.
 */
export function componentSchemas(
  definitions: Record<string, v.GenericSchema>,
  target: NonNullable<ConversionConfig["target"]>,
): Json {
  return wrapRefs(toJsonSchemaDefs(definitions, {
    target,
    typeMode: "input",
    ignoreActions: NOT_EXPRESSIBLE,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  })) as Json;
}
