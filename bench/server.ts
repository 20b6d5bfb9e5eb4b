/**
 * A real server in its own process.
 *
 * @module
 */

/** A running server. */
export interface BenchServer extends AsyncDisposable {
  url: string;
  /** From the start of the process until it listens, in ms. */
  warmMs: number;
  /** Resident memory as `ps` tells it, in MB. */
  rssMb(): Promise<number>;
}

/** Starts the server as `deno task start` does, on a free port, with `env` beside the environment. */
export async function startServer(
  env: Record<string, string> = {},
): Promise<BenchServer> {
  const begin = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-P", "main.ts", "--port", "0"],
    stdout: "piped",
    stderr: "null",
    env: {
      ...{ MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "131072" },
      ...{ MAX_STREAMS: "64", MAX_STREAMS_PER_CONNECTION: "64", ...env },
    },
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  const url = /listening on (\S+)/.exec(text)?.[1];
  if (!url) throw new Error(`The server did not start: "${text}"`);
  return {
    url,
    warmMs: performance.now() - begin,
    async rssMb() {
      const { stdout } = await new Deno.Command("ps", {
        args: ["-o", "rss=", "-p", String(child.pid)],
      }).output();
      return Number(new TextDecoder().decode(stdout)) / 1024;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
