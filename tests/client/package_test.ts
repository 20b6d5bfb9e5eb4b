import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { buildClient } from "../../scripts/build_client.ts";
import { protocolTypes } from "../../scripts/client/protocol_types.ts";
import { hasProgram } from "../audio/decode.ts";
import { Server } from "../e2e/server.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs a program; its output, or an error with what it complained of. */
async function run(
  command: string,
  args: string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 0, `${command}: ${text(stdout)}${text(stderr)}`);
  return text(stdout);
}

/** An empty Node project with the packed package installed. */
async function install(): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/package`);
  for (const [name, text] of await buildClient()) {
    await Deno.writeTextFile(`${folder}/package/${name}`, text);
  }
  const cwd = `${folder}/project`;
  await Deno.mkdir(cwd);
  const tarball = await run("npm", ["pack", "../package", "--silent"], { cwd });
  await Deno.writeTextFile(`${cwd}/package.json`, '{ "type": "module" }');
  await run("npm", ["install", "--offline", `./${tarball.trim()}`], { cwd });
  return folder;
}

let folder: string | null = null;

Deno.test.beforeAll(async () => {
  if (await hasProgram("npm")) folder = await install();
});
Deno.test.afterAll(async () => {
  if (folder) await Deno.remove(folder, { recursive: true });
});

const PLAYS = `
import { connect } from "@prestissimo/client";
const [url, ws] = process.argv.slice(2);
const WebSocket = ws && (await import(ws)).WebSocket;
const client = await connect(url, { ...(ws && { WebSocket }) });
const stream = client.play({
  prompts: [{ text: "rain" }], bpm: 120, duration: { bars: 1 }, seed: 5,
});
const warnings = [];
stream.on("warning", ({ code }) => warnings.push(code));
let packets = 0, bytes = 0;
for await (const { payload } of stream) { packets++; bytes += payload.length; }
const { samples } = await stream.finished;
const endless = client.play({ prompts: [{ text: "rain" }] });
const answers = [];
await endless.started;
answers.push((await endless.update({ energy: 1, at: "bar" })).type);
answers.push((await endless.pause()).type, (await endless.resume()).type);
answers.push((await endless.reset()).type, (await endless.cancel()).type);
const refused = await client.play({ prompts: [] }).started.catch((e) => e.code);
await client.close();
console.log(JSON.stringify({ packets, bytes, samples, answers, refused }));
`;

/** Plays with a Node, and what it said. */
async function playWith(command: string, args: string[], server: Server) {
  const path = `${folder}/project/play.js`;
  await Deno.writeTextFile(path, PLAYS);
  const ws = await webSocket(command, args);
  const out = await run(command, [...args, path, server.url, ...ws]);
  const { packets, bytes, samples, answers, refused } = JSON.parse(out);
  // A bar at 120 bpm has 96000 samples; the pre-skip may need another packet.
  assert(packets === 100 || packets === 101, `${packets} packets`);
  assert(bytes > packets * 10);
  assertEquals([samples, refused], [96_000, "bad_message"]);
  assertEquals(
    answers,
    ["scheduled", "paused", "resumed", "reset", "cancelled"],
  );
}

/** What to pass to the script: a WebSocket where Node has none. */
async function webSocket(command: string, args: string[]): Promise<string[]> {
  const version = await run(command, [...args, "--version"]);
  console.log(`Node ${version.trim()}`);
  return /^v(1|20)/.test(version) ? [import.meta.resolve("ws")] : [];
}

Deno.test("the packed package plays in an empty Node project", async () => {
  if (!folder) return;
  await using server = await Server.start();
  await playWith("node", [], server);
});

Deno.test("the packed package plays with the WebSocket of Node 22", async () => {
  if (!folder) return;
  if (Deno.env.get("CI") !== "true") {
    return console.warn("SKIPPED: Node 22 is fetched from npm on CI alone");
  }
  await using server = await Server.start();
  await playWith("npx", ["-y", "node@22"], server);
});

Deno.test("the packed package plays, tells beats and records in a page", async () => {
  if (!folder || !await hasProgram("/usr/bin/chromium")) return;
  const driver = new URL("package_page.ts", import.meta.url);
  await run(Deno.execPath(), [
    ...["run", "-A", "--quiet", "--no-check"],
    ...[fileURLToPath(driver), `${folder}/project`],
  ]);
});

/** What TypeScript has to say about a file of the project. */
async function complaints(source: string): Promise<string[]> {
  const path = `${folder}/project/check.ts`;
  await Deno.writeTextFile(path, source);
  const program = ts.createProgram([path], {
    ...{ strict: true, noEmit: true, skipLibCheck: false, types: [] },
    exactOptionalPropertyTypes: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, " ")
  );
}

const TYPED = `
import { connect, type ScheduledMessage } from "@prestissimo/client";
import { Player } from "@prestissimo/client/player";
const client = await connect("http://127.0.0.1:8080");
const stream = client.play({ prompts: [{ text: "rain" }], bpm: 90 });
const { at_beat }: ScheduledMessage = await stream.update({ energy: null });
client.on("disconnected", ({ code }) => code.toFixed());
for await (const { beat } of stream) at_beat + beat;
(await Player.create()).record().stop().then((file: Blob) => file.size);
`;

Deno.test("the package's types hold, and catch mistakes", async () => {
  if (!folder) return;
  assertEquals(await complaints(TYPED), []);
  const wrong = TYPED.replace("bpm: 90", 'bpm: "fast"');
  const [complaint, ...others] = await complaints(wrong);
  assertMatch(complaint!, /'string' is not assignable to type 'number'/);
  assertEquals(others, []);
});

Deno.test("JSR would take the package", async () => {
  const cwd = await Deno.makeTempDir();
  for (const [name, text] of await buildClient()) {
    await Deno.writeTextFile(`${cwd}/${name}`, text);
  }
  // Unchecked: whoever plays in a page has the types of the DOM.
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  await run(Deno.execPath(), args, { cwd });
  await Deno.remove(cwd, { recursive: true });
});

const SAME = `
import type * as made from "./made/protocol.d.ts";
import type { StartInput, UpdateInput } from "./lib/protocol/client_messages.ts";
import type * as messages from "./lib/protocol/server_messages.ts";
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : never : never;
const same: true[] = [
  true satisfies Same<made.StartInput, StartInput>,
  true satisfies Same<made.UpdateInput, UpdateInput>,
  true satisfies Same<made.ServerMessage, messages.ServerMessage>,
  true satisfies Same<made.DoneMessage, messages.DoneMessage>,
];
export { same };
`;

Deno.test("the package's types are those of the schemas", async () => {
  const made = await Deno.makeTempDir();
  const source = SAME
    .replace("./made/", `file://${made}/`)
    .replaceAll("./lib/", new URL("lib/", ROOT).href);
  await Deno.writeTextFile(`${made}/protocol.d.ts`, protocolTypes());
  await Deno.writeTextFile(`${made}/same.ts`, source);
  const config = fileURLToPath(new URL("deno.json", ROOT));
  await run(Deno.execPath(), ["check", "-c", config, `${made}/same.ts`]);
  await Deno.remove(made, { recursive: true });
});
