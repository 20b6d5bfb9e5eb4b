/**
 * API keys and what each may do.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { checkValue, parseObject } from "../protocol/check.ts";
import { choice, integer, strict, text } from "../protocol/fields.ts";

/** What a key may be for. */
export const SCOPES = ["play", "listen", "debug"] as const;

/** `play`: make music; `listen`: hear others' streams; `debug`: see all streams. */
export type Scope = typeof SCOPES[number];

/** One key; the key itself is nowhere kept. */
export interface KeyRules {
  /** What metrics, logs and `/debug/streams` call it. */
  name: string;
  /** sha256 of the key: 32 bytes. */
  digest: Uint8Array;
  scopes: readonly Scope[];
  /** Most streams at once over all connections, or null. */
  maxStreams: number | null;
  /** Most minutes of audio in any 24 hours, or null. */
  minutesPerDay: number | null;
  /** Ids of the models that it may play, or null for all. */
  models: readonly string[] | null;
}

const name = v.pipe(
  text({ min: 1, max: 64, description: "What logs call the key." }),
  v.regex(/^[\w.-]+$/, "1 to 64 characters of A-Z a-z 0-9 _ . -"),
);

const KeyEntry = strict({
  name,
  sha256: v.pipe(
    v.string("64 hexadecimal digits"),
    v.regex(/^[0-9a-fA-F]{64}$/, "64 hexadecimal digits"),
  ),
  scopes: v.optional(
    v.pipe(
      v.array(choice(SCOPES, "What the key is for."), "a list of scopes"),
      v.minLength(1, "at least one scope"),
    ),
    ["play", "listen"],
  ),
  max_streams: v.optional(integer({
    min: 1,
    max: 10_000,
    description: "Most streams at once.",
  })),
  minutes_per_day: v.optional(integer({
    min: 1,
    max: 1_000_000,
    description: "Most minutes of audio in 24 hours.",
  })),
  models: v.optional(v.pipe(
    v.array(v.string("a model's id"), "a list of model ids"),
    v.minLength(1, "at least one model's id"),
  )),
});

const KeysFile = strict({
  keys: v.pipe(
    v.array(KeyEntry, "a list of keys"),
    v.minLength(1, "at least one key"),
  ),
});

/** sha256 of a key: comparing digests tells nothing of the key's length. */
export function digestOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}

/** Rules of keys that may do everything, named `key1`, `key2`, ... */
export function unlimitedKeys(keys: readonly string[]): KeyRules[] {
  return keys.map((key, i) => ({
    name: `key${i + 1}`,
    digest: digestOf(key),
    scopes: SCOPES,
    maxStreams: null,
    minutesPerDay: null,
    models: null,
  }));
}

/**
 * Reads the content of a file of keys.
 *
 * @throws {TypeError} Naming the field at fault; never a digest.
 */
export function parseKeys(json: string, path: string): KeyRules[] {
  const parsed = parseObject(json);
  const checked = parsed.ok ? checkValue(KeysFile, parsed.value) : parsed;
  if (!checked.ok) {
    const { message, param } = checked.error;
    // What stands where a digest should be may be a key.
    const safe = param?.endsWith("sha256")
      ? `${param} is not 64 hexadecimal digits`
      : message;
    throw new TypeError(`Cannot use KEYS_FILE ${path}: ${safe}`);
  }
  const { keys } = checked.value;
  const names = new Set(keys.map((key) => key.name));
  const digests = new Set(keys.map(({ sha256 }) => sha256.toLowerCase()));
  if (names.size < keys.length || digests.size < keys.length) {
    throw new TypeError(
      `Cannot use KEYS_FILE ${path}: two keys have the same name or sha256`,
    );
  }
  return keys.map((key) => ({
    name: key.name,
    digest: Uint8Array.fromHex(key.sha256),
    scopes: key.scopes,
    maxStreams: key.max_streams ?? null,
    minutesPerDay: key.minutes_per_day ?? null,
    models: key.models ?? null,
  }));
}

/**
 * Reads a file of keys.
 *
 * @throws {TypeError} If it cannot be read or used; the message names it.
 */
export async function loadKeys(path: string): Promise<KeyRules[]> {
  let json: string;
  try {
    json = await Deno.readTextFile(path);
  } catch (error) {
    const why = (error as Error).message;
    throw new TypeError(`Cannot read KEYS_FILE ${path}: ${why}`);
  }
  return parseKeys(json, path);
}
