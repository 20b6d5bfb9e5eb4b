/**
 * NATS, workers and gateways as processes of their own.
 *
 * @module
 */
import { assert } from "@std/assert";
import { hasProgram } from "../audio/decode.ts";

const ROOT = new URL("../../", import.meta.url);

/** False, and loudly so, where NATS is not installed. */
export const HAS_NATS = await hasProgram("nats-server", ["--version"]);

/** A NATS server on a free port of the loopback. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  /** Where JetStream keeps what it is given; null = there is no JetStream. */
  readonly #folder: string | null;
  #child!: Deno.ChildProcess;

  private constructor(port: number, folder: string | null) {
    this.port = port;
    this.#folder = folder;
  }

  static async start({ jetStream = false } = {}): Promise<NatsServer> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const folder = jetStream ? await Deno.makeTempDir() : null;
    const server = new NatsServer(port, folder);
    await server.restart();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `kill`. */
  async restart(): Promise<void> {
    this.#child = new Deno.Command("nats-server", {
      args: [
        ...["-a", "127.0.0.1", "-p", `${this.port}`],
        ...(this.#folder ? ["-js", "-sd", this.#folder] : []),
      ],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    for (let tries = 0;; tries++) {
      try {
        const connection = await Deno.connect({
          hostname: "127.0.0.1",
          port: this.port,
        });
        return connection.close();
      } catch (error) {
        if (tries > 200) throw error;
        await pause(25);
      }
    }
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#folder) await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A worker or a gateway. */
export class Process implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** What it logged so far. */
  log = "";
  /** First line on stdout. */
  first = "";
  readonly #out: Promise<unknown>;

  private constructor(script: string, env: Record<string, string>) {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-P", "--quiet", "--no-check", script],
      cwd: ROOT,
      env: {
        ...{ HOST: "", API_KEYS: "", PROVIDER: "cpu", PORT: "0", THREADS: "1" },
        ...{ MAX_LOAD: "1000000" },
        ...{ LOG: "json", NO_COLOR: "1", MODELS: "models/tiny_spectrum" },
        ...env,
      },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    this.#out = Promise.all([
      read(this.child.stdout, (text) => this.first += text),
      read(this.child.stderr, (text) => this.log += text),
    ]);
  }

  /** Starts a process and waits for its first line. */
  static async start(
    script: "main.ts" | "worker.ts",
    env: Record<string, string>,
  ): Promise<Process> {
    const process = new Process(script, env);
    for (let tries = 0; !process.first.includes("\n"); tries++) {
      if (tries > 2400) throw new Error(`No first line: ${process.log}`);
      await pause(25);
    }
    return process;
  }

  /** A process that is not to start. */
  static async fails(
    script: "main.ts" | "worker.ts",
    env: Record<string, string>,
  ): Promise<{ code: number; log: string }> {
    const process = new Process(script, env);
    const { code } = await process.child.status;
    await process.#out;
    return { code, log: process.log };
  }

  /** Address of a gateway. */
  get url(): string {
    const url = /http:\/\/\S+/.exec(this.first)?.[0];
    assert(url, this.first);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get wsUrl(): string {
    return `${this.url.replace("http", "ws")}/v1/stream`;
  }

  /** Waits until something was logged. */
  async logged(text: string): Promise<void> {
    for (let tries = 0; !this.log.includes(text); tries++) {
      assert(tries < 2400, `"${text}" was never logged: ${this.log}`);
      await pause(25);
    }
  }

  /** Ends it and waits until it is gone; returns its exit code. */
  async end(signal: Deno.Signal): Promise<number> {
    this.child.kill(signal);
    const { code } = await this.child.status;
    await this.#out;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end("SIGKILL");
    } catch {
      await this.#out;
    }
  }
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

async function read(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    take(text);
  }
}
