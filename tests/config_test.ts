import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseConfig } from "../lib/config.ts";

function config(env: Record<string, string> = {}, args: string[] = []) {
  return parseConfig((name) => env[name], args);
}

Deno.test("parseConfig() has a default for everything", () => {
  assertEquals(config(), {
    host: "127.0.0.1",
    port: 8080,
    models: ["models"],
    provider: "auto",
    threads: null,
    maxStreams: 16,
    maxStreamsPerConnection: 8,
    maxLoad: 90,
    maxListeners: 1000,
    apiKeys: [],
    keysFile: null,
    open: false,
    gate: "auto",
    maxConnections: 256,
    maxConnectionsPerAddress: 64,
    allowedOrigins: [],
    log: "text",
    oscPort: null,
    oscHost: "127.0.0.1",
    oscTarget: null,
    drainMs: 5000,
    natsUrl: null,
  });
});

Deno.test("parseConfig() reads every variable", () => {
  assertEquals(
    config({
      HOST: "0.0.0.0",
      PORT: "0",
      MODELS: "models/a, models/b,",
      PROVIDER: "cpu",
      THREADS: "3",
      MAX_STREAMS: "5",
      MAX_STREAMS_PER_CONNECTION: "2",
      MAX_LOAD: "50",
      MAX_LISTENERS: "9",
      API_KEYS: "one,two",
      KEYS_FILE: "keys.json",
      OPEN: "true",
      GATE: "off",
      MAX_CONNECTIONS: "7",
      MAX_CONNECTIONS_PER_ADDRESS: "6",
      NATS_URL: "nats://user:secret@nats.example:4222",
      ALLOWED_ORIGINS: "https://example.org,http://localhost:3000",
      LOG: "json",
      OSC_PORT: "57121",
      OSC_HOST: "::1",
      OSC_TARGET: "127.0.0.1:57120",
      DRAIN_MS: "100",
    }),
    {
      host: "0.0.0.0",
      port: 0,
      models: ["models/a", "models/b"],
      provider: "cpu",
      threads: 3,
      maxStreams: 5,
      maxStreamsPerConnection: 2,
      maxLoad: 50,
      maxListeners: 9,
      apiKeys: ["one", "two"],
      keysFile: "keys.json",
      open: true,
      gate: "off",
      maxConnections: 7,
      maxConnectionsPerAddress: 6,
      allowedOrigins: ["https://example.org", "http://localhost:3000"],
      log: "json",
      oscPort: 57121,
      oscHost: "::1",
      oscTarget: { host: "127.0.0.1", port: 57120 },
      drainMs: 100,
      natsUrl: "nats://user:secret@nats.example:4222",
    },
  );
});

Deno.test("parseConfig() prefers flags, in both spellings", () => {
  const env = { PORT: "1", LOG: "json", MAX_STREAMS_PER_CONNECTION: "" };
  const args = ["--port", "0", "--log=text", "--max-streams-per-connection=3"];
  const { port, log, maxStreamsPerConnection } = config(env, args);
  assertEquals([port, log, maxStreamsPerConnection], [0, "text", 3]);
});

for (
  const [env, args, message] of [
    [{ PORT: "abc" }, [], 'PORT is "abc": must be an integer from 0 to 65535'],
    [{ PORT: "70000" }, [], 'PORT is "70000": must be an integer'],
    [{ PORT: "1.5" }, [], 'PORT is "1.5"'],
    [{ PROVIDER: "gpu" }, [], "must be one of auto, cpu, webgpu, cuda"],
    [{ LOG: "xml" }, [], "must be one of text, json"],
    [{ THREADS: "0" }, [], "must be an integer from 1 to 256"],
    [{ MODELS: "," }, [], "MODELS"],
    [{ ALLOWED_ORIGINS: "example.org" }, [], "must be origins such as"],
    [{ ALLOWED_ORIGINS: "https://a.org/x" }, [], "must be origins such as"],
    [{ HOST: "0.0.0.0" }, [], "set API_KEYS"],
    [{ NATS_URL: "http://x" }, [], "NATS_URL is not usable: must be a URL"],
    [{ NATS_URL: "nats://" }, [], 'such as "nats://127.0.0.1:4222"'],
    [{}, ["--prot", "1"], 'Unknown argument "--prot": known are --host'],
    [{}, ["serve"], 'Unknown argument "serve"'],
    [{}, ["--port"], "--port needs a value"],
  ] as [Record<string, string>, string[], string][]
) {
  Deno.test(`parseConfig() refuses ${JSON.stringify(env)} ${args}`, () => {
    assertThrows(() => config(env, args), TypeError, message);
  });
}

Deno.test("parseConfig() is open on every address of the loopback only", () => {
  for (const HOST of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]) {
    config({ HOST });
  }
  for (const HOST of ["10.0.0.1", "::", "localhost.example.org"]) {
    assertThrows(() => config({ HOST }), TypeError, "API_KEYS");
    config({ HOST, API_KEYS: "k" });
    config({ HOST, KEYS_FILE: "keys.json" });
    assertEquals(config({ HOST }, ["--open"]).open, true);
    assertEquals(config({ HOST }, ["--open", "--port", "0"]).port, 0);
    assertThrows(() => config({ HOST }, ["--open=false"]), TypeError);
  }
});

Deno.test("parseConfig() never shows a key", () => {
  const env = { HOST: "0.0.0.0", API_KEYS: "sesame", PORT: "x" };
  const { message } = assertThrows(() => config(env), TypeError);
  assert(!message.includes("sesame"));
  const nats = { NATS_URL: "amqp://user:sesame@host" };
  const told = assertThrows(() => config(nats), TypeError);
  assert(!told.message.includes("sesame"));
});
