import { assert, assertEquals, assertMatch } from "@std/assert";
import { RawClient, START } from "./raw_client.ts";
import { type Run, Server, spawn } from "./server.ts";

const TINY = new URL("../../models/tiny/", import.meta.url);

Deno.test("SIGTERM: what is finite ends, what is endless is cut, 1012, exit code 0", async () => {
  const server = await Server.start({ args: ["--drain-ms", "2000"] });
  await using client = await RawClient.open(server.wsUrl);
  await using idle = await RawClient.open(server.wsUrl);
  const finite = { duration: { seconds: 1 }, pace: "realtime", lead_ms: 100 };
  const ending = client.play({ ...finite, stream: "finite" });
  client.send({ ...START, stream: "endless", duration: null });
  const { handle } = await client.next("started", { stream: "endless" });
  await client.framesOf(handle, 1);
  server.child.kill("SIGTERM");
  const { deadline_ms } = await client.next("draining");
  assertEquals(deadline_ms, 2000);
  client.send({ ...START, stream: "late", event_id: "late" });
  const { code } = await client.next("error", { reply_to: "late" });
  assertEquals(code, "busy");
  const { done, frames } = await ending;
  assertEquals(done.samples, 48_000);
  assertEquals(frames.at(-1)!.last, true);
  const { last_seq } = await client.next("cancelled", { stream: "endless" });
  assertEquals(client.frames(handle).at(-1)!.seq, last_seq);
  assertEquals((await client.closed).code, 1012);
  assertEquals((await idle.closed).code, 1012);
  assertEquals(idle.messages("draining").length, 1);
  const end = await server.finished();
  assertEquals([end.code, end.out], [0, ""], end.errors);
  const levels = end.errors.trim().split("\n").map((line) =>
    JSON.parse(line).level
  );
  assert(levels.every((level) => level === "info"), end.errors);
});

async function refuses(run: Run, pattern: RegExp): Promise<void> {
  const { code, stdout, stderr } = await spawn(run).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 1, text);
  assertEquals(stdout.length, 0);
  // What is logged before that is not the complaint.
  const lines = text.trimEnd().split("\n");
  const complaint = lines.filter((line) => !line.includes('"level":"info"'));
  assertEquals(complaint.length, 1, text);
  assertMatch(complaint[0]!, /^prestissimo: \S/);
  assertMatch(complaint[0]!, pattern);
}

Deno.test("a setting that cannot be is refused with its name and value", async () => {
  await Promise.all([
    refuses({ env: { PORT: "70000" } }, /PORT is "70000"/),
    refuses({ env: { MAX_STREAMS: "many" } }, /MAX_STREAMS is "many"/),
    refuses({ env: { PROVIDER: "tpu" } }, /PROVIDER is "tpu".*cuda/),
  ]);
  await Promise.all([
    refuses({ args: ["--volume", "11"] }, /--volume/),
    refuses({ env: { HOST: "0.0.0.0" } }, /HOST.*API_KEYS/),
    refuses({ env: { MODELS: "models/none" } }, /models\/none.*does not exist/),
  ]);
});

Deno.test("a port that is taken is refused", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const run = { env: { PORT: `${port}`, MODELS: "models/tiny" } };
  await refuses(run, new RegExp(`:${port}: the port is in use`));
});

/** Calls `use` with a copy of a package that `spoil` has damaged. */
async function withCopy(
  spoil: (path: string) => Promise<void>,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(TINY)) {
      await Deno.copyFile(new URL(name, TINY), `${path}/${name}`);
    }
    await spoil(path);
    await use(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function flip(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await Deno.writeFile(path, bytes);
}

/** What is done to a package, and what the complaint says. */
const DAMAGES: [(path: string) => Promise<void>, RegExp][] = [
  [(path) => flip(`${path}/denoiser.onnx`), /denoiser\.onnx.*sha256/],
  [
    (path) => Deno.truncate(`${path}/decoder.onnx`, 1000),
    /decoder\.onnx.*sha256/,
  ],
  [
    (path) => Deno.remove(`${path}/tokenizer.json`),
    /tokenizer\.json.*does not exist/,
  ],
  [(path) => Deno.truncate(`${path}/model.json`, 500), /model\.json.*JSON/],
  [(path) => Deno.remove(`${path}/model.json`), /has a model\.json/],
];

Deno.test("a damaged package is refused, naming the file", async () => {
  await Promise.all(
    DAMAGES.map(([spoil, pattern]) =>
      withCopy(
        spoil,
        (path) => refuses({ env: { MODELS: path }, readAll: true }, pattern),
      )
    ),
  );
});

Deno.test("a graph that the runtime cannot load is refused too", async () => {
  async function spoil(path: string): Promise<void> {
    const graph = new Uint8Array([8, 9, 18, 1, 120]);
    await Deno.writeFile(`${path}/denoiser.onnx`, graph);
    const manifest = JSON.parse(await Deno.readTextFile(`${path}/model.json`));
    const digest = await crypto.subtle.digest("SHA-256", graph);
    manifest.denoiser.graph.sha256 = new Uint8Array(digest).toHex();
    await Deno.writeTextFile(`${path}/model.json`, JSON.stringify(manifest));
  }
  await withCopy(
    spoil,
    (path) => refuses({ env: { MODELS: path }, readAll: true }, /denoiser/),
  );
});
