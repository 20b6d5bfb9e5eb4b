/**
 * Configuration of the server: environment variables, each with a flag of the
 * same name (`MAX_STREAMS` and `--max-streams`). A flag wins.
 *
 * @module
 */
import type { Provider } from "./inference/engine.ts";

/** Everything that can be chosen from outside. */
export interface Config {
  /** Address to listen on. */
  host: string;
  /** TCP port, 0 = any free one. */
  port: number;
  /** Folders of model packages; the first package is the default model. */
  models: string[];
  provider: Provider | "auto";
  /** Threads of the inference runtime, or null for its own choice. */
  threads: number | null;
  /** Most streams in this process at once, clips over HTTP included. */
  maxStreams: number;
  maxStreamsPerConnection: number;
  /** How much of what the device can do streams may ask for together, in percent. */
  maxLoad: number;
  /** Most listeners to streams of others at once. */
  maxListeners: number;
  /** Keys that open `/v1/*`; empty = open to everyone. */
  apiKeys: string[];
  /** File of further keys and what each may do, or null. */
  keysFile: string | null;
  /** True if strangers may use the server without a key. */
  open: boolean;
  /** Whether connections pass a gate that bounds what strangers can hold. */
  gate: "auto" | "on" | "off";
  /** Most connections through the gate at once. */
  maxConnections: number;
  maxConnectionsPerAddress: number;
  /** Origins of other sites that may connect; `*` = all. */
  allowedOrigins: string[];
  log: "text" | "json";
  /** UDP port of OSC, 0 = any free one, null = no OSC. */
  oscPort: number | null;
  /** Address that OSC listens on. */
  oscHost: string;
  /** Who is told beats and states over OSC; null = whoever sent something. */
  oscTarget: { host: string; port: number } | null;
  /** How long streams may go on after a signal to stop, in ms. */
  drainMs: number;
  /** Where workers are met; null = everything is in this process. */
  natsUrl: string | null;
}

type Parse<T> = (text: string) => T;

/** Addresses that only this machine can reach. */
export const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
const MODEL_FOLDERS = "models";

/** Variable, parser and default of every field of {@linkcode Config}. */
const SETTINGS: {
  [K in keyof Config]: [name: string, parse: Parse<Config[K]>, text: string];
} = {
  host: ["HOST", nonEmpty, "127.0.0.1"],
  port: ["PORT", integer(0, 65_535), "8080"],
  models: ["MODELS", list(1), MODEL_FOLDERS],
  provider: ["PROVIDER", oneOf("auto", "cpu", "webgpu", "cuda"), "auto"],
  threads: ["THREADS", optional(integer(1, 256)), ""],
  maxStreams: ["MAX_STREAMS", integer(1, 10_000), "16"],
  maxStreamsPerConnection: [
    "MAX_STREAMS_PER_CONNECTION",
    integer(1, 1_000),
    "8",
  ],
  maxLoad: ["MAX_LOAD", integer(1, 1_000_000), "90"],
  maxListeners: ["MAX_LISTENERS", integer(0, 100_000), "1000"],
  apiKeys: ["API_KEYS", list(0), ""],
  keysFile: ["KEYS_FILE", optional(nonEmpty), ""],
  open: ["OPEN", flag, "false"],
  gate: ["GATE", oneOf("auto", "on", "off"), "auto"],
  maxConnections: ["MAX_CONNECTIONS", integer(1, 100_000), "256"],
  maxConnectionsPerAddress: [
    "MAX_CONNECTIONS_PER_ADDRESS",
    integer(1, 100_000),
    "64",
  ],
  allowedOrigins: ["ALLOWED_ORIGINS", origins, ""],
  log: ["LOG", oneOf("text", "json"), "text"],
  oscPort: ["OSC_PORT", optional(integer(0, 65_535)), ""],
  oscHost: ["OSC_HOST", nonEmpty, "127.0.0.1"],
  oscTarget: ["OSC_TARGET", optional(hostAndPort), ""],
  drainMs: ["DRAIN_MS", integer(0, 600_000), "5000"],
  natsUrl: ["NATS_URL", optional(natsUrl), ""],
};

/** What is never shown. */
const SECRETS = ["API_KEYS", "NATS_URL"];

/** Flags that need no value. */
const SWITCHES = ["OPEN"];

/**
 * Reads the configuration.
 *
 * @param env Value of an environment variable, undefined if unset.
 * @param args Command line: `--name value` or `--name=value`.
 * @throws {TypeError} Naming the variable or flag, its value (never that of a
 * key) and what is accepted.
 */
export function parseConfig(
  env: (name: string) => string | undefined,
  args: readonly string[] = [],
): Config {
  const flags = parseFlags(args);
  const entries = Object.entries(SETTINGS).map(([field, setting]) => {
    const [name, parse, fallback] = setting;
    // An empty variable counts as unset: that is how shells and compose files
    // pass "nothing".
    const text = flags.get(name) ?? (env(name) || fallback);
    return [field, read(name, text, parse as Parse<unknown>)];
  });
  const config = Object.fromEntries(entries) as Config;
  const keyless = config.apiKeys.length === 0 && config.keysFile === null;
  if (keyless && !config.open && !LOOPBACK.test(config.host)) {
    throw new TypeError(
      `HOST is "${config.host}", which others can reach: set API_KEYS or KEYS_FILE, listen on 127.0.0.1, or let everybody in with --open`,
    );
  }
  const { oscPort, oscHost } = config;
  if (oscPort !== null && !config.open && !LOOPBACK.test(oscHost)) {
    throw new TypeError(
      `OSC_HOST is "${oscHost}", which others can reach, and OSC knows no keys: listen on 127.0.0.1, or let everybody in with --open`,
    );
  }
  return config;
}

function parseFlags(args: readonly string[]): Map<string, string> {
  const names = Object.values(SETTINGS).map(([name]) => name);
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    const name = flag?.replaceAll("-", "_").toUpperCase();
    if (name === undefined || !names.includes(name)) {
      const known = names.map((each) => flagOf(each)).join(", ");
      throw new TypeError(`Unknown argument "${args[i]}": known are ${known}`);
    }
    const value = inline ?? (SWITCHES.includes(name) ? "true" : args[++i]);
    if (value === undefined) {
      throw new TypeError(`${flagOf(name)} needs a value`);
    }
    flags.set(name, value);
  }
  return flags;
}

function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}

function read<T>(name: string, text: string, parse: Parse<T>): T {
  try {
    return parse(text.trim());
  } catch (error) {
    const wanted = (error as Error).message;
    // What may hold a password is not repeated.
    const shown = SECRETS.includes(name) ? "not usable" : `"${text}"`;
    throw new TypeError(`${name} is ${shown}: must be ${wanted}`);
  }
}

// --- parsers: each throws what would have been accepted ---

function nonEmpty(text: string): string {
  if (text === "") throw new TypeError("non-empty");
  return text;
}

function integer(min: number, max: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new TypeError(`an integer from ${min} to ${max}`);
    }
    return value;
  };
}

function optional<T>(parse: Parse<T>): Parse<T | null> {
  return (text) => text === "" ? null : parse(text);
}

function flag(text: string): boolean {
  return oneOf("true", "false")(text) === "true";
}

function oneOf<const T extends string>(...accepted: T[]): Parse<T> {
  return (text) => {
    const value = accepted.find((each) => each === text);
    if (value === undefined) {
      throw new TypeError(`one of ${accepted.join(", ")}`);
    }
    return value;
  };
}

function list(min: number): Parse<string[]> {
  return (text) => {
    const items = text.split(",").map((item) => item.trim()).filter(Boolean);
    if (items.length < min) {
      throw new TypeError(`at least ${min} name, separated by commas`);
    }
    return items;
  };
}

function hostAndPort(text: string): { host: string; port: number } {
  const [, host, port] = /^([^:\s]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new TypeError('a host and a port such as "127.0.0.1:57120"');
  }
  return { host, port: Number(port) };
}

function natsUrl(text: string): string {
  const scheme = /^(nats|tls):\/\//.test(text);
  if (scheme && URL.canParse(text) && new URL(text).hostname !== "") {
    return text;
  }
  throw new TypeError('a URL such as "nats://127.0.0.1:4222"');
}

function origins(text: string): string[] {
  const items = list(0)(text);
  for (const item of items) {
    const parsed = URL.canParse(item) ? new URL(item).origin : null;
    if (item !== "*" && item !== parsed) {
      throw new TypeError(
        `origins such as "https://example.org", separated by commas, or "*"`,
      );
    }
  }
  return items;
}
