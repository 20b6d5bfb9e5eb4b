import { assert, assertEquals } from "@std/assert";
import { HAS_NATS } from "../cluster/processes.ts";
import { chaos } from "./chaos.ts";

Deno.test({
  name: "whatever is killed, stopped or slowed, every sample is heard once",
  ignore: !HAS_NATS,
  async fn() {
    const { did, same } = await chaos({
      ...{ streams: 3, seconds: 25, everySeconds: 1, natsRestarts: 1 },
      ...{ seed: 5, models: "models/tiny_spectrum" },
    });
    assertEquals(same, 3);
    assert(did.nats === 1 && did["gateways killed"] > 0, JSON.stringify(did));
  },
});
