/** Every HTTP route against our own OpenAPI document, by a stranger's hand. */
import { assert } from "@std/assert";
import { Server } from "../e2e/server.ts";

const PROGRAM = Deno.env.get("SCHEMATHESIS");
if (PROGRAM === undefined) {
  console.warn("SKIPPED: SCHEMATHESIS names no schemathesis to test with");
}

Deno.test({
  name: "schemathesis finds no answer that the document does not know",
  ignore: PROGRAM === undefined,
  async fn() {
    await using server = await Server.start({ env: { MODELS: "models/tiny" } });
    const { code, stdout } = await new Deno.Command(PROGRAM!, {
      args: [
        ...["run", `${server.url}/openapi.json`, "--no-color", "--seed", "1"],
        ...["--max-examples", "5", "--request-timeout", "60"],
        // What fields say about each other, a schema cannot: such requests are
        // refused with a reason though each field alone would do.
        "--exclude-checks=positive_data_acceptance",
        // It cannot write audio.
        "--exclude-path=/v1/context",
      ],
      ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
    }).output();
    const report = new TextDecoder().decode(stdout);
    assert(code === 0, report);
    assert(/Tested: 1[0-9]/.test(report), report);
    await server.idle();
  },
});
