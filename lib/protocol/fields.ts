/**
 * Building blocks of the message schemas. The message of every check says what
 * is accepted, so that an error can be put together from any of them.
 *
 * @module
 */
import * as v from "valibot";

/** Limits of a number, both inclusive unless `above` is given. */
export interface NumberRange {
  min?: number;
  /** Exclusive lower limit, instead of `min`. */
  above?: number;
  max?: number;
  /** Whether null is accepted as well; only tells so. */
  orNull?: true;
  /** Meaning and unit, for the documents. */
  description: string;
}

function accepted(kind: string, range: NumberRange): string {
  const { min, above, max, orNull } = range;
  const parts = [
    ...(min === undefined ? [] : [` from ${min}`]),
    ...(above === undefined ? [] : [` over ${above}`]),
    ...(max === undefined
      ? []
      : [min === undefined ? `, at most ${max}` : ` to ${max}`]),
    ...(orNull ? [", or null"] : []),
  ];
  return kind + parts.join("");
}

type NumberItem = v.PipeItem<number, number, v.BaseIssue<unknown>>;

function limited(
  range: NumberRange,
  text: string,
  whole: NumberItem,
): v.GenericSchema<number> {
  const { min, above, max } = range;
  const items: NumberItem[] = [whole];
  if (min !== undefined) items.push(v.minValue(min, text));
  if (above !== undefined) items.push(v.gtValue(above, text));
  if (max !== undefined) items.push(v.maxValue(max, text));
  return v.pipe(
    v.number(text),
    ...items,
    v.description(range.description) as NumberItem,
  ) as v.GenericSchema<number>;
}

/** A finite number within limits. */
export function number(range: NumberRange): v.GenericSchema<number> {
  const text = accepted("a finite number", range);
  return limited(range, text, v.finite(text));
}

/** A whole number within limits, at most 2^53 - 1 in magnitude. */
export function integer(range: NumberRange): v.GenericSchema<number> {
  const text = accepted("a whole number", range);
  return limited(range, text, v.safeInteger(text));
}

/** Text of limited length, in UTF-16 code units. */
export function text(
  { min = 0, max, description }: {
    min?: number;
    max: number;
    description: string;
  },
) {
  const message = `text of ${min} to ${max} characters`;
  return v.pipe(
    v.string(message),
    v.minLength(min, message),
    v.maxLength(max, message),
    v.description(description),
  );
}

/** Text from the server, of any length. */
export function words(description: string) {
  return v.pipe(v.string("text"), v.description(description));
}

/** True or false. */
export function flag(description: string) {
  return v.pipe(v.boolean("true or false"), v.description(description));
}

/** One of a few texts or numbers. */
export function choice<const T extends readonly (string | number)[]>(
  options: T,
  description: string,
) {
  const text = `one of ${options.map((o) => JSON.stringify(o)).join(", ")}`;
  return v.pipe(v.picklist(options, text), v.description(description));
}

/** The `type` of a message. */
export function kind<const T extends string>(name: T) {
  return v.literal(name, JSON.stringify(name));
}

/** An object of exactly these fields: a misspelt one is an error, not ignored. */
export function strict<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, (issue) => {
    const names = Object.keys(entries).join(", ");
    const key = issue.path?.[0]?.key;
    if (key === undefined) return `an object of ${names}`;
    if (issue.expected === "never") return names;
    const result = v.safeParse(entries[String(key)]!, undefined);
    return result.issues?.[0].message ?? names;
  });
}
