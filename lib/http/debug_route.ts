/**
 * `/debug/streams`: what every stream does and waits for.
 *
 * @module
 */
import type { Context } from "hono";
import type { Engine } from "../inference/engine.ts";
import { Refusal } from "../session/refusal.ts";
import type { Guarded } from "./guard.ts";

const LOOPBACK_ADDRESS = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;

/**
 * Answers `GET`. It takes a key with the scope `debug`, or, where no key is
 * needed, a client on the same machine.
 */
export function debugRoute(engine: Pick<Engine, "queued">) {
  return function debugStreams(c: Context<Guarded>): Response {
    const grant = c.get("grant");
    if (grant !== null) grant.require("debug");
    else if (!LOOPBACK_ADDRESS.test(c.env?.address ?? "")) {
      const text = "Only this machine may see the streams of an open server";
      throw new Refusal("unauthorized", text, { status: 403 });
    }
    const { streams } = c.get("service").board;
    return c.json({ queued: engine.queued, streams });
  };
}
