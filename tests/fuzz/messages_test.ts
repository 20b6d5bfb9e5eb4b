import { assert, assertEquals } from "@std/assert";
import { pause, startServer } from "../session/test_server.ts";
import { fuzz } from "./run.ts";

Deno.test("generated messages: no fault, no crash, nothing left over", async () => {
  const config = { maxStreams: 1000, maxStreamsPerConnection: 1000 };
  await using server = startServer({ config });
  const report = await fuzz({ wsUrl: server.wsUrl, count: 6000, seed: 1 });
  assertEquals(report.messages, 6000);
  // The grammar reaches everything that a client can be told.
  for (
    const name of [
      ...["started", "scheduled", "paused", "resumed", "reset", "cancelled"],
      ...["done", "pong", "bad_json", "bad_message", "unknown_type"],
      ...["unknown_stream", "stream_exists"],
    ]
  ) assert(report.answers[name]! > 0, name);
  const metric = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(text.match(new RegExp(`^${name} (\\d+)$`, "m"))?.[1] ?? 0);
  };
  const names = [
    "prestissimo_sessions",
    'prestissimo_streams{transport="websocket"}',
  ];
  for (const name of names) {
    for (let tries = 0; await metric(name) > 0; tries++) {
      assert(tries < 300, `${name} is ${await metric(name)}`);
      await pause(20);
    }
  }
  const { streams } = await (await fetch(`${server.url}/debug/streams`)).json();
  assertEquals(streams, []);
  const errors = server.lines.filter((line) => line.includes('"error"'));
  assertEquals(errors, []);
});
