/**
 * The server with sine streams and an engine that needs no model; `FAKE_FAULT`
 * is what opening the engine throws.
 *
 * @module
 */
import { main } from "../main.ts";
import { FakeEngine, sineStreams } from "./fakes.ts";

const fault = Deno.env.get("FAKE_FAULT");
const engine = new FakeEngine();

try {
  await main({
    openEngine: () =>
      fault ? Promise.reject(new Error(fault)) : Promise.resolve(engine),
    createStream: sineStreams({ readMs: 1 }),
  });
  console.log(`released ${engine.disposed}`);
  Deno.exit(0);
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
