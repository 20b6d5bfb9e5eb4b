/**
 * The connection to NATS.
 *
 * @module
 */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../log.ts";

const DEFAULT_PORT = "4222";
/** Wait between two tries to come back, in ms. */
const RECONNECT_MS = 250;

/**
 * Connects; if the connection breaks later, it is made again without end.
 *
 * @param url `nats://[user:password@]host[:port]`, or `tls://`.
 * @param name What NATS calls the connection.
 * @throws {Error} If NATS cannot be reached; the message names the host.
 */
export async function connectNats(
  url: string,
  { name, log }: { name: string; log: Log },
): Promise<NatsConnection> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const server = `${hostname}:${port || DEFAULT_PORT}`;
  try {
    const nats = await connect({
      servers: server,
      name,
      ...(username !== "" && {
        user: decodeURIComponent(username),
        pass: decodeURIComponent(password),
      }),
      ...(protocol === "tls:" && { tls: {} }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      ignoreClusterUpdates: true,
    });
    tell(nats, server, log);
    return nats;
  } catch (error) {
    const why = (error as Error).message;
    throw new Error(`Cannot reach NATS at ${server}: ${why}`);
  }
}

async function tell(
  nats: NatsConnection,
  server: string,
  log: Log,
): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === "disconnect") log.warn("nats lost", { server });
    if (type === "reconnect") log.info("nats is back", { server });
  }
}
