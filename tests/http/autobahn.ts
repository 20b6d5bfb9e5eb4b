/**
 * `deno task autobahn --wstest PROGRAM`: the cases of the Autobahn test suite
 * (PyPI's autobahntestsuite, for Python 2.7) against the WebSocket of this
 * server, behind the gate, with a peer that sends back what it gets.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { createApp } from "../../lib/app.ts";
import { Connections, type Peer } from "../../lib/http/connections.ts";
import { GATE_LIMITS } from "../../lib/http/gate.ts";
import { listen } from "../../lib/http/listen.ts";
import { createLog } from "../../lib/log.ts";
import { FakeEngine, sineStreams } from "../fakes.ts";

const { values: { wstest, cases, direct } } = parseArgs({
  args: Deno.args,
  options: {
    wstest: { type: "string", default: "wstest" },
    cases: { type: "string", default: "*" },
    direct: { type: "boolean", default: false },
  },
});

/**
 * What is left out: messages of up to 16 MB, where 256 KiB are accepted, and
 * compression, which is never agreed to.
 */
const EXCLUDED = ["9.*", "12.*", "13.*"];

const { service } = createApp({
  engine: new FakeEngine(),
  createStream: sineStreams(),
  log: createLog("text", (line) => console.error(line)),
  config: {
    ...{ apiKeys: [], allowedOrigins: [], maxListeners: 1 },
    ...{ maxStreams: 1, maxStreamsPerConnection: 1 },
  },
});
const connections = new Connections(service);

function echo(socket: WebSocket): Peer {
  const nothing = () => {};
  return {
    ...{ hello: nothing, drain: nothing, stop: nothing, closed: nothing },
    receive: (data) => socket.send(data as string | ArrayBuffer),
  };
}

const server = listen(
  (request) => connections.upgradeOther(request, service, echo),
  { host: "127.0.0.1", port: 0, gate: direct ? null : GATE_LIMITS },
);
const folder = await Deno.makeTempDir();
await Deno.writeTextFile(
  `${folder}/spec.json`,
  JSON.stringify({
    outdir: `${folder}/reports`,
    servers: [{ agent: "prestissimo", url: server.url.replace("http", "ws") }],
    "cases": cases.split(","),
    "exclude-cases": EXCLUDED,
    "exclude-agent-cases": {},
  }),
);
const { success } = await new Deno.Command(wstest, {
  args: ["-m", "fuzzingclient", "-s", `${folder}/spec.json`],
  ...{ cwd: folder, stdin: "null", stdout: "null", stderr: "inherit" },
}).output();
await server.shutdown();
if (!success) throw new Error(`"${wstest}" did not end well`);

interface Verdict {
  behavior: string;
  behaviorClose: string;
  remoteCloseCode: number | null;
}
const index = await Deno.readTextFile(`${folder}/reports/index.json`);
const verdicts: Record<string, Verdict> = JSON.parse(index).prestissimo;
const counts: Record<string, number> = {};
for (const [id, verdict] of Object.entries(verdicts)) {
  const { behavior, behaviorClose, remoteCloseCode } = verdict;
  const both = `${behavior}, close ${behaviorClose}`;
  counts[both] = (counts[both] ?? 0) + 1;
  if (behavior === "OK" && behaviorClose === "OK") continue;
  console.log(`${id}: ${both}, code ${remoteCloseCode}`);
}
console.log(counts);
await Deno.remove(folder, { recursive: true });
const bad = Object.values(verdicts).some(({ behavior, behaviorClose }) =>
  behavior === "FAILED" || behaviorClose === "FAILED"
);
if (bad) Deno.exitCode = 1;
