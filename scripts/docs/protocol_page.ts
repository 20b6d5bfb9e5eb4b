/**
 * The protocol as a page for people, out of the schemas that check messages.
 *
 * @module
 */
import { asyncapi } from "../../lib/protocol/asyncapi.ts";
import { typeOf } from "../client/schema_types.ts";

type Schema = Record<string, unknown>;
type Message = {
  name: string;
  summary: string;
  description?: string;
  payload: { $ref?: string };
  examples?: { payload: unknown }[];
};

/** Longest type that is written out in a table. */
const LONGEST = 60;

/** The text of `docs/protocol.md`. */
export function protocolPage(): string {
  const { info, components } = asyncapi() as {
    info: { description: string };
    components: {
      messages: Record<string, Message>;
      schemas: Record<string, Schema>;
    };
  };
  const { messages, schemas } = components;
  const side = (prefix: string) =>
    Object.entries(messages)
      .filter(([name]) => name.startsWith(prefix))
      .map(([, message]) => section(message, schemas));
  const own = Object.entries(schemas)
    .filter(([name]) => !/^(Client|Server)[A-Z]/.test(name));
  return [
    "<!-- Written by `deno task docs` out of lib/protocol: change it there. -->",
    "# The protocol `prestissimo.v1`",
    info.description,
    "## What a client sends",
    ...side("Client"),
    "## What the server sends",
    ...side("Server"),
    "### Audio",
    messages.Audio!.description!,
    "## Shared types",
    ...own.map(([name, schema]) => shared(name, schema)),
  ].join("\n\n") + "\n";
}

function section(message: Message, schemas: Record<string, Schema>): string {
  const schema = schemas[message.payload.$ref!.split("/").at(-1)!]!;
  const example = JSON.stringify(message.examples?.[0]?.payload, null, 2);
  return [
    `### \`${message.name}\``,
    message.summary,
    table(schema),
    `\`\`\`json\n${example}\n\`\`\``,
  ].join("\n\n");
}

function shared(name: string, schema: Schema): string {
  const parts = [`### ${name}`, schema.description as string | undefined];
  if (schema.properties) parts.push(table(schema));
  else parts.push("```ts\n" + `type ${name} = ${typeOf(schema)};` + "\n```");
  const inner = schema.properties ? "" : innerLimits(schema).join("; ");
  if (inner) parts.push(`Limits: ${inner}.`);
  return parts.filter(Boolean).join("\n\n");
}

function table(schema: Schema): string {
  const required = new Set(schema.required as string[] | undefined);
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const rows = Object.entries(properties)
    .filter(([name]) => name !== "type")
    .map(([name, field]) =>
      `| \`${name}\`${required.has(name) ? "" : "?"} | ${typeCell(field)} | ${
        cell(meaning(field))
      } |`
    );
  if (rows.length === 0) return "No fields.";
  return ["| field | type | meaning |", "|---|---|---|", ...rows].join("\n");
}

function typeCell(field: Schema): string {
  const type = typeOf(field)
    .replace(/\/\*\*[\s\S]*?\*\/\n?/g, "")
    .replace(/\s+/g, " ")
    .replace(/\((\w+)\)/g, "$1");
  return type.length > LONGEST ? "object" : `\`${cell(type)}\``;
}

/** Description, with the limits that JSON Schema has apart. */
function meaning(field: Schema): string {
  const described = (field.description ??
    ((field.anyOf as Schema[] | undefined)?.[0]?.description) ?? "") as string;
  const limits = limitsOf((field.anyOf as Schema[] | undefined)?.[0] ?? field);
  return described + (limits ? ` (${limits})` : "");
}

const LIMITS = [
  ["minimum", "at least", ""],
  ["exclusiveMinimum", "more than", ""],
  ["maximum", "at most", ""],
  ["minLength", "at least", " character"],
  ["maxLength", "at most", " character"],
  ["minItems", "at least", " item"],
  ["maxItems", "at most", " item"],
  ["pattern", "matches", ""],
] as const;

/** What a schema bounds, in words. */
function limitsOf(schema: Schema): string {
  // No text is shorter than none.
  const told = (key: string) =>
    schema[key] !== undefined && !(key === "minLength" && schema[key] === 0);
  return LIMITS.filter(([key]) => told(key)).map(([key, words, unit]) => {
    const limit = key === "pattern" ? `\`${schema[key]}\`` : schema[key];
    return `${words} ${limit}${unit}${unit && limit !== 1 ? "s" : ""}`;
  }).join(", ");
}

/** The limits of what is inside a type that is written out. */
function innerLimits(schema: Schema, name = "it has"): string[] {
  const own = limitsOf(schema);
  const fields = Object.entries(schema.properties ?? {}) as [string, Schema][];
  const kinds = (schema.anyOf ?? schema.oneOf ?? []) as Schema[];
  const items = schema.items as Schema | undefined;
  return [
    ...(own ? [`${name} ${own}`] : []),
    ...fields.flatMap(([key, field]) => innerLimits(field, `\`${key}\``)),
    ...kinds.flatMap((kind) => innerLimits(kind, name)),
    ...(items ? innerLimits(items, "each") : []),
  ];
}

/** Text inside a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ");
}

if (import.meta.main) {
  const page = new URL("../../docs/protocol.md", import.meta.url);
  await Deno.writeTextFile(page, protocolPage());
}
