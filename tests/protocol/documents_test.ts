import { assert, assertEquals } from "@std/assert";
import {
  asyncapi,
  CLIENT_MESSAGE_TYPES,
  GENERATE_QUERY,
  openapi,
  ServerMessage,
} from "../../lib/protocol/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const ASYNC: Any = asyncapi({ host: "example.org", secure: true });
const OPEN: Any = openapi({ host: "example.org", secure: true });

/** Calls back for every object within, with its JSON pointer. */
function walk(node: Any, visit: (node: Any, path: string) => void, path = "#") {
  if (typeof node !== "object" || node === null) return;
  visit(node, path);
  for (const [key, child] of Object.entries(node)) {
    walk(child, visit, `${path}/${key}`);
  }
}

function resolve(root: Any, ref: string): Any {
  return ref.slice(2).split("/").reduce((node, key) => node?.[key], root);
}

for (const [name, root] of [["asyncapi", ASYNC], ["openapi", OPEN]]) {
  Deno.test(`${name}() has no dangling reference`, () => {
    walk(root, (node, path) => {
      if (typeof node.$ref !== "string") return;
      assert(resolve(root, node.$ref), `${path}: ${node.$ref}`);
    });
  });

  Deno.test(`${name}() survives JSON`, () => {
    assertEquals(JSON.parse(JSON.stringify(root)), root);
  });

  Deno.test(`${name}() describes every field`, () => {
    const told = (schema: Any): boolean =>
      "description" in schema || "const" in schema || "$ref" in schema ||
      (schema.anyOf ?? schema.allOf ?? []).some(told) ||
      Object.values(schema.properties ?? {}).some(told);
    walk(root.components.schemas, (node, path) => {
      if (!path.endsWith("/properties")) return;
      for (const [key, schema] of Object.entries(node)) {
        assert(told(schema), `${path}/${key}`);
      }
    });
  });

  Deno.test(`${name}() describes every shared schema`, () => {
    for (const [key, schema] of Object.entries<Any>(root.components.schemas)) {
      const known = schema.description ?? schema.properties ?? schema.anyOf;
      assert(known, key);
    }
  });
}

Deno.test("asyncapi() has a message and an operation for every type", () => {
  const server = ServerMessage.options.map((o) => o.entries.type.literal);
  const names = new Set(
    Object.values<Any>(ASYNC.components.messages).map((m) => m.name),
  );
  for (const type of [...CLIENT_MESSAGE_TYPES, ...server, "audio"]) {
    assert(names.has(type), type);
  }
  for (const type of CLIENT_MESSAGE_TYPES) {
    assertEquals(ASYNC.operations[type].action, "receive");
    assert(ASYNC.operations[type].summary);
    assertEquals(ASYNC.operations[type].reply.messages.length, 2);
  }
});

Deno.test("asyncapi() lets every message of the channel pass in an operation", () => {
  const passed = new Set<string>();
  for (const operation of Object.values<Any>(ASYNC.operations)) {
    const all = [...operation.messages, ...(operation.reply?.messages ?? [])];
    for (const { $ref } of all) passed.add($ref.split("/").at(-1));
  }
  assertEquals(
    passed,
    new Set(Object.keys(ASYNC.channels.stream.messages)),
  );
});

Deno.test("asyncapi() names version, address and host", () => {
  assertEquals(ASYNC.asyncapi, "3.1.0");
  assertEquals(ASYNC.channels.stream.address, "/v1/stream");
  assertEquals(ASYNC.servers.here.host, "example.org");
  assertEquals(ASYNC.servers.here.protocol, "wss");
});

Deno.test("asyncapi() takes limits from the schemas", () => {
  const { properties } = ASYNC.components.schemas.ClientStart;
  assertEquals(properties.seed.maximum, 0xffffffff);
  assertEquals(properties.bpm.anyOf[0].minimum, 40);
  assertEquals(properties.bpm.anyOf[0].maximum, 240);
  assertEquals(ASYNC.components.schemas.Prompts.maxItems, 8);
  assertEquals(
    ASYNC.components.schemas.Prompt.properties.weight.exclusiveMinimum,
    0,
  );
  assertEquals(ASYNC.components.schemas.ClientStart.required, [
    "type",
    "stream",
    "prompts",
  ]);
  assertEquals(
    ASYNC.components.schemas.ClientStart.additionalProperties,
    false,
  );
});

Deno.test("openapi() has every route", () => {
  assertEquals(OPEN.openapi, "3.1.1");
  assertEquals(Object.keys(OPEN.paths).sort(), [
    "/",
    "/asyncapi.json",
    "/debug/streams",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/readyz",
    "/v1/context",
    "/v1/generate",
    "/v1/listen/{id}",
    "/v1/models",
    "/v1/stream",
    "/v1/strudel.json",
    "/v1/strudel/{version}/{file}",
  ]);
  const ids = new Set<string>();
  for (const path of Object.values<Any>(OPEN.paths)) {
    for (const operation of Object.values<Any>(path)) {
      assert(operation.summary);
      assert(!ids.has(operation.operationId));
      ids.add(operation.operationId);
      for (const response of Object.values<Any>(operation.responses)) {
        assert(response.description);
      }
    }
  }
});

Deno.test("openapi() has every parameter of generate with its limits", () => {
  const parameters: Any[] = OPEN.paths["/v1/generate"].get.parameters;
  assertEquals(parameters.map((p) => p.name), Object.keys(GENERATE_QUERY));
  const by = Object.fromEntries(parameters.map((p) => [p.name, p.schema]));
  assertEquals([by.seconds.minimum, by.seconds.maximum], [0.1, 3600]);
  assertEquals([by.bpm.minimum, by.bpm.maximum], [40, 240]);
  assertEquals(by.bars.type, "integer");
  for (const parameter of parameters) {
    assert(parameter.description);
    assert(parameter.schema.type, parameter.name);
  }
});
