/**
 * Many machines behind one address: gateways hold the sockets, workers the
 * models, NATS is between them.
 *
 * @module
 */
export { connectNats } from "./connect.ts";
export { openJetStreamStore } from "./jetstream_store.ts";
export { openRemoteEngine } from "./remote_engine.ts";
export { serveEngine } from "./worker.ts";
