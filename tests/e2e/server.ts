/**
 * The real server as a process of its own, as a user runs it, with the packages
 * of random weights.
 *
 * @module
 */
import { assert } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** The packages that every test here is played with; the first is the default. */
export const MODELS = ["models/tiny", "models/tiny_spectrum"];

/** What may be different from the usual. */
export interface Run {
  env?: Record<string, string>;
  args?: string[];
  /** True if it reads more than its own folder. */
  readAll?: boolean;
  /** Program and arguments that the server is started by; it has to become it. */
  wrap?: string[];
}

/** Starts `main.ts` with the permissions of the configuration file. */
export function spawn(run: Run = {}): Deno.ChildProcess {
  const { env = {}, args = [], readAll, wrap = [] } = run;
  const flags = ["-P", ...(readAll ? ["--allow-read"] : [])];
  const [program, ...rest] = [
    ...[...wrap, Deno.execPath(), "run"],
    ...[...flags, "--quiet", "--no-check", "main.ts", ...args],
  ];
  return new Deno.Command(program!, {
    args: rest,
    cwd: ROOT,
    env: {
      // What the machine can do while tests run says nothing.
      ...{ MAX_LOAD: "1000000" },
      ...{ HOST: "", API_KEYS: "", ALLOWED_ORIGINS: "", PROVIDER: "cpu" },
      ...{ MODELS: MODELS.join(","), PORT: "0", LOG: "json", NO_COLOR: "1" },
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A server that plays. Disposing of it stops it, and asserts that it was well. */
export class Server implements AsyncDisposable {
  readonly url: string;
  readonly wsUrl: string;
  readonly child: Deno.ChildProcess;
  readonly #errors: Promise<string>;
  readonly #rest: Promise<string>;

  private constructor(
    { child, url, errors, rest }: {
      child: Deno.ChildProcess;
      url: string;
      errors: Promise<string>;
      rest: Promise<string>;
    },
  ) {
    this.child = child;
    this.url = url;
    this.wsUrl = `${url.replace("http", "ws")}/v1/stream`;
    this.#errors = errors;
    this.#rest = rest;
  }

  /** Starts a server and waits until it listens. */
  static async start(run: Run = {}): Promise<Server> {
    const child = spawn(run);
    const errors = new Response(child.stderr).text();
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    const reader = lines.getReader();
    let out = "";
    while (!out.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The server did not start: ${await errors}`);
      out += value;
    }
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(out)?.[1];
    assert(url, `the first line is ${JSON.stringify(out)}`);
    reader.releaseLock();
    const rest = Array.fromAsync(lines).then((parts) => parts.join(""));
    return new Server({ child, url, errors, rest });
  }

  /** Waits for the end of the process. */
  async finished(): Promise<{ code: number; out: string; errors: string }> {
    const { code } = await this.child.status;
    return { code, out: await this.#rest, errors: await this.#errors };
  }

  /** One sample of `/metrics`; 0 while it has never been set. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const sample = text.split("\n").find((line) => line.startsWith(`${name} `));
    return Number(sample?.slice(name.length + 1) ?? 0);
  }

  /** Waits until nothing plays any more. */
  async idle(): Promise<void> {
    for (const transport of ["websocket", "http"]) {
      const name = `prestissimo_streams{transport="${transport}"}`;
      for (let tries = 0; await this.metric(name) !== 0; tries++) {
        assert(tries < 200, `${name} is ${await this.metric(name)}`);
        await pause(25);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    const { code, out, errors } = await this.finished();
    const faults = errors.split("\n").filter((line) =>
      line !== "" && !line.includes('"level":"info"')
    );
    assert(
      code === 0 && out === "" && faults.length === 0,
      `exit code ${code}, stdout ${JSON.stringify(out)}, stderr ${errors}`,
    );
  }
}

/** One server for all tests of a file, made before the first of them. */
export function sharedServer(run: Run = {}): () => Server {
  let server: Server;
  Deno.test.beforeAll(async () => {
    server = await Server.start(run);
  });
  Deno.test.afterAll(() => server[Symbol.asyncDispose]());
  return () => server;
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
