import { assert, assertEquals } from "@std/assert";
import { startServer } from "../session/test_server.ts";
import { gatherCrowd } from "./run.ts";

Deno.test("a crowd: everybody gets every byte from the live edge on", async () => {
  await using server = startServer();
  const report = await gatherCrowd({
    ...{ url: server.url, wsUrl: server.wsUrl },
    ...{ http: 40, websocket: 10, joinSeconds: 1, seconds: 1 },
  });
  assertEquals(report.wrong, []);
  assert(report.heard > 50 * 20, `${report.heard}`);
  assert(report.behind.length > 40, `${report.behind.length}`);
  // The newest whole page ends less than a page behind the live edge.
  assert(Math.max(...report.behind) < 5, `${report.behind}`);
  const encoded = server.lines.filter((line) => line.includes('"error"'));
  assertEquals(encoded, []);
});
