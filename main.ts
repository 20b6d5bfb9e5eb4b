/**
 * The server: configuration, models, routes, until a signal stops it.
 *
 * @module
 */
import { createApp } from "./lib/app.ts";
import { parseConfig } from "./lib/config.ts";
import { loadAssets } from "./lib/http/assets.ts";
import { listen } from "./lib/http/listen.ts";
import { openEngine } from "./lib/inference/mod.ts";
import { createLog } from "./lib/log.ts";
import { atMost } from "./lib/session/wait.ts";
import { stopSignal } from "./lib/stop_signal.ts";
import { createStream } from "./lib/stream/mod.ts";

/** Longest time for letting go of sockets and devices, in ms. */
const RELEASE_MS = 1000;

/** What a server is made of, so that tests can put in something cheaper. */
export interface Parts {
  openEngine: typeof openEngine;
  createStream: typeof createStream;
}

/**
 * Runs a server until SIGTERM or SIGINT, then drains it.
 *
 * @throws {Error} If it cannot start; the message is meant for the operator.
 */
export async function main(parts: Parts): Promise<void> {
  const config = parseConfig((name) => Deno.env.get(name), Deno.args);
  const log = createLog(config.log);
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled rejection", { error: String(event.reason) });
  });
  const engine = await parts.openEngine({ ...config, log });
  const assets = await loadAssets(new URL("web/", import.meta.url));
  const { createStream } = parts;
  const app = createApp({ engine, createStream, config, log, assets });
  const { server, url } = listen(app.fetch, config);
  console.log(`listening on ${url}`);
  const signal = await stopSignal();
  log.info("stopping", { signal, deadline_ms: config.drainMs });
  await app.drain(config.drainMs);
  await atMost(RELEASE_MS, server.shutdown());
  await atMost(RELEASE_MS, engine[Symbol.asyncDispose]());
}

if (import.meta.main) {
  try {
    await main({ openEngine, createStream });
    Deno.exit(0);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    console.error(`prestissimo: ${text.replaceAll(/\s*\n\s*/g, " ")}`);
    Deno.exit(1);
  }
}
