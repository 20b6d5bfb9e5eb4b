import { assertEquals } from "@std/assert";
import { output, snippets } from "../docs/snippets.ts";
import { assertSine } from "./sine.ts";
import { startServer } from "../session/test_server.ts";
import { openTls } from "./tls.ts";

/** The Python that has `google-genai`; `.ci/run` makes one. */
const PYTHON = Deno.env.get("GENAI_PYTHON") ?? "python3";

async function python(args: string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(PYTHON, { args, env, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, out: text(stdout), errors: text(stderr) };
}

async function hasSdk(): Promise<boolean> {
  const found = await python(["-c", "from google import genai"]).catch(() =>
    null
  );
  if (found?.success) return true;
  console.warn(
    `SKIPPED: ${PYTHON} has no google-genai (pip install google-genai)`,
  );
  return false;
}

const ignore = !(await hasSdk());

Deno.test({
  name: "Python's google-genai plays, with the key in its header",
  ignore,
  fn: async () => {
    await using server = startServer({ config: { apiKeys: ["secret"] } });
    using tls = await openTls(server.port);
    const script = new URL("client.py", import.meta.url).pathname;
    const play = (key: string) =>
      python([script, `https://localhost:${tls.port}`, key], {
        SSL_CERT_FILE: tls.certFile,
      });
    const { success, out, errors } = await play("secret");
    assertEquals([success, errors], [true, ""]);
    const heard = JSON.parse(out);
    assertEquals(heard.filtered, ["nothing"]);
    assertEquals(heard.mime_type, "audio/l16;rate=48000;channels=2");
    assertEquals(heard.bpm, 90);
    const pcm = Uint8Array.fromBase64(heard.audio);
    assertEquals(pcm.length, 4 * 9600 * 4);
    assertSine(pcm);
    const { controls } = server.streams[0]!;
    assertEquals([controls.bpm, controls.key], [90, "A major"]);
    const wrong = await play("wrong");
    assertEquals([wrong.success, wrong.errors.includes("401")], [false, true]);
  },
});

Deno.test({
  name: "the Python of docs/lyria.md plays",
  ignore,
  fn: async () => {
    await using server = startServer();
    using tls = await openTls(server.port);
    const [code] = await snippets("docs/lyria.md", "python");
    const here = `https://localhost:${tls.port}`;
    const pcm = await output(PYTHON, {
      args: ["-c", code!.replace("https://localhost:8443", here)],
      env: { SSL_CERT_FILE: tls.certFile },
      bytes: 100_000,
    });
    assertSine(pcm);
  },
});
