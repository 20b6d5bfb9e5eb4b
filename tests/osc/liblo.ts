/**
 * OSC as other people speak it: `oscsend` and `oscdump` of liblo.
 *
 * @module
 */
import { assert } from "@std/assert";
import { createSocket } from "node:dgram";

/** One message as `oscdump` prints it. */
export interface Dumped {
  address: string;
  types: string;
  args: string[];
}

const PATIENCE_MS = 30_000;

/** True if liblo's tools are there; warns if not, and throws on CI. */
export async function hasLiblo(): Promise<boolean> {
  try {
    for (const name of ["oscsend", "oscdump"]) {
      await new Deno.Command(name, { stdout: "null", stderr: "null" }).output();
    }
    return true;
  } catch (error) {
    if (Deno.env.get("CI") === "true") throw error;
    console.warn('SKIPPED: "oscsend" is not installed (liblo-tools)');
    return false;
  }
}

/** Sends a message, e.g. `s "dub techno"`. */
export async function oscsend(
  port: number,
  address: string,
  types = "",
  ...values: (string | number)[]
): Promise<void> {
  const { success, stderr } = await new Deno.Command("oscsend", {
    args: [
      ...["127.0.0.1", `${port}`, address],
      ...(types === "" ? [] : [types, ...values.map(String)]),
    ],
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

/** Sends a datagram as it is. */
export async function sendBytes(port: number, bytes: Uint8Array) {
  const socket = createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  await new Promise((sent) => socket.send(bytes, port, "127.0.0.1", sent));
  socket.close();
}

/** `oscdump` on a free port; disposing of it ends it. */
export class Oscdump implements AsyncDisposable {
  readonly port: number;
  readonly heard: Dumped[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  #ended = false;

  private constructor(port: number, child: Deno.ChildProcess) {
    this.port = port;
    this.#child = child;
    this.#read = this.#listen();
  }

  /** Starts it; resolves once it listens. */
  static async start(): Promise<Oscdump> {
    const port = await freePort();
    const child = new Deno.Command("oscdump", {
      args: ["-L", `${port}`],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const dump = new Oscdump(port, child);
    // A datagram to a port that nobody has opened yet is lost.
    while (!dump.heard.some(({ address }) => address === "/ready")) {
      await oscsend(port, "/ready");
      await new Promise((wake) => setTimeout(wake, 20));
    }
    return dump;
  }

  /** The first message that is accepted among all that were heard. */
  async until(accept: (one: Dumped) => boolean): Promise<Dumped> {
    const late = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.heard.find(accept);
      if (found) return found;
      assert(performance.now() < late, JSON.stringify(this.heard.slice(-5)));
      await new Promise((wake) => setTimeout(wake, 10));
    }
  }

  /** The first message of an address of which an argument contains `text`. */
  next(address: string, text = ""): Promise<Dumped> {
    return this.until((one) =>
      one.address === address && one.args.join(" ").includes(text)
    );
  }

  /** Messages of an address. */
  all(address: string): Dumped[] {
    return this.heard.filter((one) => one.address === address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGKILL");
    this.#ended = true;
    await this.#child.status;
    await this.#read;
  }

  async #listen(): Promise<void> {
    let rest = "";
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) {
      const lines = (rest + part).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.heard.push(dumped(line));
    }
  }
}

/** Reads a line such as `e8ab.5c28 /state sf "playing" 120.000000`. */
function dumped(line: string): Dumped {
  const [, address, types = "", rest = ""] =
    /^\S+ (\S+) ?(\S*) ?(.*)$/.exec(line) ?? [];
  assert(address !== undefined, line);
  const args = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map(([, quoted, bare]) => quoted ?? bare!);
  return { address, types, args };
}

/** A UDP port of the loopback that nobody has. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  const { port } = socket.address();
  await new Promise<void>((closed) => socket.close(closed));
  return port;
}
