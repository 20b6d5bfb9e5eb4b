import { assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../../lib/session/refusal.ts";
import { findState } from "../../lib/session/resumption.ts";
import {
  type KeptStream,
  packState,
  STATE_VERSION,
  stateKey,
} from "../../lib/session/state.ts";
import { MemoryStore } from "../../lib/session/state_store.ts";
import { FakeModel } from "../fakes.ts";

const LOST = {
  session: "se1",
  stream: "a",
  lastSeq: -1,
  param: "streams[0].last_seq",
};

/** A service that keeps one state, as a server of `version` wrote it. */
async function keeping(version: number) {
  const model = new FakeModel();
  const states = new MemoryStore();
  const state = {
    ...{ version, id: "1", key: null, provider: "cpu", seq: 0 },
    ...{ model: model.manifest.id, modelSha256: model.sha256 },
    ...{ piece: {}, snapshot: {}, format: { frame_ms: 20 } },
    hashed: { seq: 0, state: null },
  } as unknown as KeptStream;
  await states.put(stateKey("se1", "a"), packState(state), null);
  return {
    ...{ states, key: null, provider: "cpu" },
    models: new Map([[model.manifest.id, model]]),
  } as unknown as Parameters<typeof findState>[1];
}

Deno.test("a state that this version wrote is gone on with", async () => {
  const { kept } = await findState(LOST, await keeping(STATE_VERSION));
  assertEquals(kept.seq, 0);
});

Deno.test("a state that another version wrote is none", async () => {
  const service = await keeping(STATE_VERSION + 1);
  const error = await assertRejects(() => findState(LOST, service), Refusal);
  assertEquals(error.code, "unknown_session");
});
