/**
 * TypeScript out of JSON Schema: as much of it as the protocol's schemas use.
 *
 * @module
 */

/** A JSON Schema. */
type Schema = Record<string, unknown>;

/**
 * The type that a schema describes, with its descriptions as comments.
 *
 * @throws {TypeError} If the schema says something that is not known here.
 */
export function typeOf(schema: Schema): string {
  if ("$ref" in schema) return String(schema.$ref).split("/").at(-1)!;
  if ("allOf" in schema) return all(schema.allOf as Schema[], " & ");
  if ("anyOf" in schema) return all(schema.anyOf as Schema[], " | ");
  if ("oneOf" in schema) return all(schema.oneOf as Schema[], " | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if ("enum" in schema) {
    return (schema.enum as unknown[]).map((v) => JSON.stringify(v)).join(" | ");
  }
  switch (schema.type) {
    case "object":
      return objectType(schema);
    case "array":
      return arrayType(schema);
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return schema.type;
  }
  throw new TypeError(`There is no type for ${JSON.stringify(schema)}`);
}

/** Declarations of several schemas by their names. */
export function declarations(schemas: Record<string, Schema>): string {
  return Object.entries(schemas).map(([name, schema]) =>
    `${comment(schema)}export type ${name} = ${typeOf(schema)};\n`
  ).join("\n");
}

function all(schemas: Schema[], operator: string): string {
  return schemas.map((schema) => `(${typeOf(schema)})`).join(operator);
}

/** A list of any length, or of one type for each place (draft 7 has those in `items`). */
function arrayType({ items, prefixItems }: Schema): string {
  const places = prefixItems ?? items;
  return Array.isArray(places)
    ? `[${places.map(typeOf).join(", ")}]`
    : `(${typeOf(items as Schema)})[]`;
}

function objectType(schema: Schema): string {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = new Set((schema.required ?? []) as string[]);
  const fields = Object.entries(properties).map(([name, field]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const optional = required.has(name) ? "" : "?";
    const or = optional ? " | undefined" : "";
    return `${comment(field)}${key}${optional}: ${typeOf(field)}${or};`;
  });
  const others = schema.additionalProperties;
  if (typeof others === "object") {
    fields.push(`[name: string]: ${typeOf(others as Schema)};`);
  }
  return `{\n${fields.join("\n")}\n}`;
}

function comment({ description }: Schema): string {
  return typeof description === "string"
    ? `/** ${description.replaceAll("*/", "* /")} */\n`
    : "";
}
