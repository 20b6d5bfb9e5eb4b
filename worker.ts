/**
 * A worker: the models of this machine, for gateways elsewhere. The server with
 * `NATS_URL` is such a gateway.
 *
 * @module
 */
import { connectNats, serveEngine } from "./lib/cluster/mod.ts";
import { parseConfig } from "./lib/config.ts";
import { openEngine } from "./lib/inference/mod.ts";
import { createLog, tell } from "./lib/log.ts";
import { stopSignal } from "./lib/stop_signal.ts";

/**
 * Works until SIGTERM or SIGINT, then finishes what it has begun.
 *
 * @throws {Error} If it cannot start; the message is meant for the operator.
 */
export async function work(): Promise<void> {
  const config = parseConfig((name) => Deno.env.get(name), Deno.args);
  const log = createLog(config.log);
  if (config.natsUrl === null) {
    throw new TypeError(
      "NATS_URL is not set: a worker needs it, such as nats://127.0.0.1:4222",
    );
  }
  const nats = await connectNats(config.natsUrl, { name: "worker", log });
  try {
    await using engine = await openEngine({ ...config, log });
    const worker = serveEngine(engine, { nats, log });
    tell(console.log, `working as ${worker.id}`);
    const signal = await stopSignal();
    log.info("stopping", { signal });
    await worker.leave();
  } finally {
    await nats.close();
  }
}

if (import.meta.main) {
  try {
    await work();
    Deno.exit(0);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    console.error(`prestissimo: ${text.replaceAll(/\s*\n\s*/g, " ")}`);
    Deno.exit(1);
  }
}
