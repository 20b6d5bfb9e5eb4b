import { assert, assertEquals } from "@std/assert";
import { StreamTrace } from "../lib/tracing.ts";
import { pause, Server } from "./e2e/server.ts";
import { TestClient } from "./session/test_server.ts";
import { start } from "./session/test_server.ts";

interface Exported {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** A collector that keeps every span that comes, as OTLP over HTTP in JSON. */
function collector() {
  const spans: Exported[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.json();
      for (const resource of body.resourceSpans ?? []) {
        for (const scope of resource.scopeSpans) {
          if (scope.scope?.name === "prestissimo") spans.push(...scope.spans);
        }
      }
      return Response.json({});
    },
  );
  return {
    spans,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function attribute({ attributes }: Exported, name: string): unknown {
  const value = attributes.find(({ key }) => key === name)?.value ?? {};
  return Object.values(value)[0];
}

Deno.test("without a recorder nothing is traced", () => {
  assertEquals(StreamTrace.start({ "stream.id": "a" }), null);
});

Deno.test("a collector gets a linked span of every stage of every block", async () => {
  await using stub = collector();
  const { spans, url } = stub;
  {
    await using server = await Server.start({
      env: {
        OTEL_DENO: "true",
        OTEL_DENO_CONSOLE: "ignore",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_BSP_SCHEDULE_DELAY: "100",
      },
    });
    {
      await using client = new TestClient(server.wsUrl);
      client.send(start({ duration: { seconds: 4 }, stream: "traced" }));
      await client.next("done");
    }
    const clip = await fetch(`${server.url}/v1/generate?prompt=x&seconds=1`);
    await clip.arrayBuffer();
    for (
      let tries = 0;
      spans.filter(({ name }) => name === "stream").length < 2;
      tries++
    ) {
      assert(tries < 200, `got ${spans.length} spans`);
      await pause(50);
    }
  }
  const root = spans.find((span) =>
    span.name === "stream" && attribute(span, "stream.id") === "traced"
  )!;
  assert(!root.parentSpanId);
  assertEquals(attribute(root, "stream.end"), "done");
  const mine = spans.filter(({ traceId }) => traceId === root.traceId);
  const named = (name: string) => mine.filter((span) => span.name === name);
  for (const span of mine) {
    assertEquals(attribute(span, "stream.id"), "traced", span.name);
    assert(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
  }
  for (const name of ["prompt", "block", "encode", "send"]) {
    assert(named(name).length > 0, name);
    for (const { parentSpanId } of named(name)) {
      assertEquals(parentSpanId, root.spanId, name);
    }
  }
  const blocks = new Set(named("block").map(({ spanId }) => spanId));
  assert(blocks.size > 1);
  for (const name of ["denoise", "decode"]) {
    const parents = new Set(named(name).map((span) => span.parentSpanId!));
    assertEquals(parents, blocks, name);
  }
  const packets = named("encode")
    .map((span) => Number(attribute(span, "packet.count")));
  // 4 s of 20 ms, and one packet to get the encoder's delay out.
  assertEquals(packets.reduce((sum, count) => sum + count), 201);
  assert(
    spans.some((span) => `${attribute(span, "stream.id")}`.startsWith("http-")),
  );
});
