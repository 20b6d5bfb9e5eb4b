/**
 * Checks values against schemas and says what is wrong with them. Nothing here
 * throws: bad input from the network is a value.
 *
 * @module
 */
import * as v from "valibot";
import type { ErrorCode } from "./errors.ts";

/** A value, or what is wrong with it. */
export type CheckResult<T> =
  | { ok: true; value: T }
  | { ok: false; error: Fault };

/** What is wrong with a value. */
export interface Fault {
  code: Extract<ErrorCode, "bad_json" | "bad_message" | "unknown_type">;
  message: string;
  /** Path of the field at fault, e.g. `prompts[0].weight`. */
  param?: string;
}

/** A value as JSON, short enough for an error. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = "a value too deep to show";
  }
  if (typeof value === "number" && !Number.isFinite(value)) text = `${value}`;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function pathOf(keys: readonly unknown[]): string {
  return keys.map((key, i) =>
    typeof key === "number" ? `[${key}]` : i === 0 ? `${key}` : `.${key}`
  ).join("");
}

/**
 * What a union hides: the issue deepest within the option that was likely
 * meant, or undefined if several are as likely.
 */
function innerIssue(
  issue: v.BaseIssue<unknown>,
): v.BaseIssue<unknown> | undefined {
  const inner = (issue.issues ?? []).filter((i) => i.path?.length);
  const values = inner.filter((i) => i.path!.at(-1)!.origin === "value");
  const depth = (i: v.BaseIssue<unknown>) => i.path!.length;
  const candidates = values.length ? values : inner;
  const deepest = Math.max(...candidates.map(depth));
  const found = candidates.filter((i) => depth(i) === deepest);
  return values.length || found.length === 1 ? found[0] : undefined;
}

function faultOf(outer: v.BaseIssue<unknown>): Fault {
  const inner = innerIssue(outer);
  const issue = inner ?? outer;
  const path = [...outer.path ?? [], ...inner?.path ?? []];
  const last = path.at(-1);
  const param = pathOf(path.map((item) => item.key)) || undefined;
  const name = param ?? "the value";
  const { message: accepted } = issue;
  const message = last?.origin === "key" && issue.expected === "never"
    ? `${show(last.key)} is not a known field, accepted: ${accepted}`
    : last?.origin === "key"
    ? `${name} is missing, accepted: ${accepted}`
    : issue.type === "raw_check"
    ? `${name}: ${accepted}`
    : `${name} is ${
      show(last ? last.value : issue.input)
    }, accepted: ${accepted}`;
  return { code: "bad_message", message, ...(param && { param }) };
}

/**
 * Path to an array where an object was due: an array passes for an object
 * whose fields are all optional.
 */
function arrayForObject(input: unknown, output: unknown): string[] | null {
  if (typeof input !== "object" || typeof output !== "object") return null;
  if (input === null || output === null) return null;
  if (Array.isArray(input)) return Array.isArray(output) ? null : [];
  for (const [key, value] of Object.entries(input)) {
    const path = arrayForObject(
      value,
      (output as Record<string, unknown>)[key],
    );
    if (path) return [key, ...path];
  }
  return null;
}

/** Checks a value against a schema; the first fault is what counts. */
export function checkValue<T>(
  schema: v.GenericSchema<unknown, T>,
  input: unknown,
): CheckResult<T> {
  const result = v.safeParse(schema, input);
  if (!result.success) return { ok: false, error: faultOf(result.issues[0]) };
  const path = arrayForObject(input, result.output);
  if (path) {
    const param = pathOf(path);
    const message = `${param || "the value"} is a list, accepted: an object`;
    return {
      ok: false,
      error: { code: "bad_message", message, ...(param && { param }) },
    };
  }
  return { ok: true, value: result.output };
}

/** Reads JSON that has to be an object. */
export function parseObject(
  text: string,
): CheckResult<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The message quotes the text, with its line breaks.
    const why = (error as Error).message.replaceAll(/\s+/g, " ");
    const message = `the text is not JSON: ${why}`;
    return { ok: false, error: { code: "bad_json", message } };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = `the message is ${show(value)}, accepted: a JSON object`;
    return { ok: false, error: { code: "bad_message", message } };
  }
  return { ok: true, value: value as Record<string, unknown> };
}
