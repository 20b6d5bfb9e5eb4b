/**
 * The server: configuration, models, routes, until a signal stops it.
 *
 * @module
 */
import { type App, createApp } from "./lib/app.ts";
import {
  connectNats,
  openJetStreamStore,
  openRemoteEngine,
} from "./lib/cluster/mod.ts";
import { type Config, LOOPBACK, parseConfig } from "./lib/config.ts";
import { loadAssets } from "./lib/http/assets.ts";
import { GATE_LIMITS, type GateLimits } from "./lib/http/gate.ts";
import { loadKeys } from "./lib/http/keys.ts";
import { listen } from "./lib/http/listen.ts";
import { type Engine, openEngine } from "./lib/inference/mod.ts";
import { createLog, type Log, tell } from "./lib/log.ts";
import { openOsc, type OscDoor } from "./lib/osc/mod.ts";
import type { StateStore } from "./lib/session/state_store.ts";
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
  const { keysFile } = config;
  const keys = keysFile === null ? [] : await loadKeys(keysFile);
  const { engine, states } = await openModels(parts, config, log);
  const assets = await loadAssets(new URL("web/", import.meta.url));
  const { createStream } = parts;
  const loopback = LOOPBACK.test(config.host);
  const app = createApp({
    ...{ engine, createStream, config, log, assets, keys },
    ...(states && { states }),
    // Whoever says so wants to be reached under other names.
    loopback: loopback && !config.open,
  });
  const { url, shutdown } = listen(app.fetch, {
    ...config,
    gate: gateLimits(config, loopback),
    onRefuse: (why) => app.telemetry.gateRefusals.inc({ why }),
  });
  const osc = await oscDoor(config, { service: app.service, url, log });
  tell(console.log, `listening on ${url}`);
  const signal = await stopSignal();
  log.info("stopping", { signal, deadline_ms: config.drainMs });
  await app.drain(config.drainMs);
  await osc?.close();
  await atMost(RELEASE_MS, shutdown());
  await atMost(RELEASE_MS, engine[Symbol.asyncDispose]());
}

/** The models of this machine, or those of workers elsewhere and where streams are kept then. */
async function openModels(
  { openEngine }: Parts,
  config: Config,
  log: Log,
): Promise<{ engine: Engine; states: StateStore | null }> {
  if (config.natsUrl === null) {
    return { engine: await openEngine({ ...config, log }), states: null };
  }
  const nats = await connectNats(config.natsUrl, { name: "gateway", log });
  const engine = await openRemoteEngine({ nats, log });
  return { engine, states: await openJetStreamStore(nats, log) };
}

/** Opens the door of OSC, if there is to be one. */
async function oscDoor(
  { oscPort, oscHost, oscTarget }: Config,
  server: { service: App["service"]; url: string; log: Log },
): Promise<OscDoor | null> {
  if (oscPort === null) return null;
  const osc = await openOsc({
    ...server,
    host: oscHost,
    port: oscPort,
    target: oscTarget,
  });
  server.log.info("osc", { host: oscHost, port: osc.port });
  return osc;
}

/** Strangers reach a server that listens on other addresses than the loopback. */
function gateLimits(config: Config, loopback: boolean): GateLimits | null {
  const { gate, maxConnections, maxConnectionsPerAddress } = config;
  if (gate === "off" || (gate === "auto" && loopback)) return null;
  return {
    ...GATE_LIMITS,
    connections: maxConnections,
    connectionsPerAddress: maxConnectionsPerAddress,
  };
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
