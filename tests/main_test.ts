import { assert, assertEquals, assertMatch } from "@std/assert";
import { start, TestClient } from "./session/test_server.ts";

const MAIN = new URL("../main.ts", import.meta.url);
const MAIN_LIKE = new URL("./main_like.ts", import.meta.url);

interface Run {
  env?: Record<string, string>;
  args?: string[];
  script?: URL;
}

function spawn({ env = {}, args = [], script = MAIN_LIKE }: Run) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", script.pathname, ...args],
    env: { PORT: "0", NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A server that runs until it is told to stop. */
async function launch(run: Run = {}) {
  const child = spawn(run);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  let out = "";
  while (!out.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(await errors);
    out += value;
  }
  const [, url] = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(out) ?? [];
  assert(url, `the first line is ${JSON.stringify(out)}`);
  async function finished() {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      out += value;
    }
    const { code } = await child.status;
    return { code, out, errors: await errors };
  }
  const wsUrl = `${url.replace("http", "ws")}/v1/stream`;
  return { child, url, wsUrl, finished };
}

Deno.test("a signal drains the server: streams end, 1012, exit code 0", async () => {
  const server = await launch({ args: ["--drain-ms", "10000"] });
  await using client = new TestClient(server.wsUrl);
  await using idle = new TestClient(server.wsUrl);
  const duration = { seconds: 1.5 };
  client.send(start({ duration, pace: "realtime", lead_ms: 40 }));
  await client.next("frame");
  await idle.next("hello");
  const begin = performance.now();
  server.child.kill("SIGTERM");

  const { deadline_ms } = await client.next("draining");
  assertEquals(deadline_ms, 10_000);
  client.send(start({ stream: "late" }));
  assertEquals((await client.next("error")).code, "busy");
  const refused = await fetch(`${server.url}/v1/generate?prompt=a`);
  assertEquals(refused.status, 503);
  await refused.body?.cancel();
  const notReady = await fetch(`${server.url}/readyz`);
  assertEquals(notReady.status, 503);
  await notReady.body?.cancel();

  await client.next("done");
  assertEquals((await client.closed).code, 1012);
  assertEquals((await idle.closed).code, 1012);
  const { code, out, errors } = await server.finished();
  assertEquals(code, 0, errors);
  assertMatch(out, /^listening on http:\S+\nreleased true\n$/);
  // It need not wait for the deadline once everything has ended.
  assert(performance.now() - begin < 9000);
});

Deno.test("endless streams end at the deadline", async () => {
  const server = await launch({ env: { DRAIN_MS: "700", LOG: "json" } });
  await using client = new TestClient(server.wsUrl);
  client.send(start({ duration: null }));
  await client.next("frame");
  const url = `${server.url}/v1/generate?prompt=a&seconds=3600`;
  const clip = await fetch(url);
  const begin = performance.now();
  server.child.kill("SIGINT");
  await client.next("draining");
  const { last_seq } = await client.next("cancelled");
  assertEquals(last_seq, client.frames.at(-1)!.seq);
  assertEquals((await client.closed).code, 1012);
  const tookMs = performance.now() - begin;
  assert(tookMs > 500 && tookMs < 3000, `${tookMs} ms`);
  await clip.bytes().catch(() => {});
  const { code, errors } = await server.finished();
  assertEquals(code, 0, errors);
  const [line] = errors.split("\n").filter((line) => line.startsWith("{"));
  const first = JSON.parse(line!);
  assertEquals([first.message, first.signal], ["stopping", "SIGINT"]);
});

async function assertRefuses(run: Run, pattern: RegExp): Promise<void> {
  const { code, stdout, stderr } = await spawn(run).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 1, text);
  assertMatch(text, pattern);
  assertEquals(text.trimEnd().split("\n").length, 1, text);
  assertEquals(stdout.length, 0);
}

Deno.test("what cannot start says why in one line and exits with 1", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = `${taken.addr.port}`;
  await assertRefuses({ env: { PORT } }, /:\d+: the port is in use$/m);
  taken.close();
  await assertRefuses({ env: { PORT: "high" } }, /PORT is "high"/);
  await assertRefuses({ args: ["--provider", "tpu"] }, /PROVIDER is "tpu"/);
  await assertRefuses({ env: { HOST: "0.0.0.0" } }, /set API_KEYS/);
  const fault = "Package a: model.onnx has sha256 1, expected 2";
  await assertRefuses({ env: { FAKE_FAULT: fault } }, /expected 2/);
});

Deno.test("main.ts itself names a folder without a package", async () => {
  const folder = await Deno.makeTempDir();
  const env = { MODELS: folder };
  await assertRefuses({ script: MAIN, env }, /^prestissimo: .+/);
  await Deno.remove(folder);
});
