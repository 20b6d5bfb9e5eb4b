import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startServer } from "../session/test_server.ts";

const PATH =
  "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic";
const SETUP = '{"setup":{"model":"models/lyria-realtime-exp"}}';

/** A bare WebSocket that sends `messages`; resolves to all that was heard by the close. */
async function talk(url: string, messages: (string | Uint8Array)[]) {
  const socket = new WebSocket(url);
  // deno-lint-ignore no-explicit-any
  const heard: any[] = [];
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  await new Promise((resolve) => socket.onopen = resolve);
  for (const each of messages) socket.send(each as string);
  const closed = Promise.withResolvers<CloseEvent>();
  socket.onclose = closed.resolve;
  return { socket, heard, closed: closed.promise };
}

Deno.test("what is no message of Lyria is named, and the connection lives on", async () => {
  await using server = startServer();
  const url = server.url.replace("http", "ws") + PATH;
  const cases: [string | Uint8Array, string][] = [
    ["{", "the text is not JSON"],
    ["[]", "the message is [], accepted: a JSON object"],
    ["{}", "the message has no field, accepted: exactly one of setup"],
    ['{"type":"start"}', 'the message has "type", accepted: exactly one of'],
    [
      '{"playbackControl":"PLAY","setup":{}}',
      'the message has "playbackControl", "setup"',
    ],
    ['{"setup":{}}', "setup.model is missing"],
    ['{"setup":7}', "setup is 7"],
    ['{"playbackControl":"LOUDER"}', 'playbackControl is "LOUDER"'],
    ['{"playbackControl":"PLAY"}', "playbackControl came before setup"],
    [SETUP, "setupComplete"],
    [SETUP, "setup came before"],
    ['{"clientContent":{}}', "clientContent.weightedPrompts is missing"],
    ['{"clientContent":{"weightedPrompts":"a"}}', 'weightedPrompts is "a"'],
    ['{"clientContent":{"weightedPrompts":[1]}}', "weightedPrompts[0] is 1"],
    ['{"clientContent":{"weightedPrompts":[]}}', "There is no prompt left"],
    ['{"musicGenerationConfig":{"tempo":1}}', '"tempo" is not a known field'],
    [
      '{"musicGenerationConfig":{"bpm":"x"}}',
      'musicGenerationConfig.bpm is "x"',
    ],
    ['{"musicGenerationConfig":{"seed":0.5}}', "seed is 0.5"],
    [new Uint8Array([0xff, 0, 1]), "the text is not JSON"],
    [new TextEncoder().encode('{"setup":{"model":"a"}}'), "setup came before"],
  ];
  const { heard, socket, closed } = await talk(
    url,
    cases.map(([text]) => text),
  );
  while (heard.length < cases.length) {
    await new Promise((w) => setTimeout(w, 5));
  }
  for (const [i, [, expected]] of cases.entries()) {
    assertStringIncludes(
      JSON.stringify(heard[i]),
      JSON.stringify(expected).slice(1, -1),
    );
  }
  assertEquals(socket.readyState, WebSocket.OPEN);
  socket.close();
  await closed;
});

Deno.test("a weight that no number can hold is filtered, and the session lives on", async () => {
  await using server = startServer();
  const url = server.url.replace("http", "ws") + PATH;
  const weighted = '{"weightedPrompts":[{"text":"a","weight":1e999}]}';
  const { heard, socket, closed } = await talk(url, [
    SETUP,
    `{"clientContent":${weighted}}`,
    "{",
  ]);
  while (heard.length < 4) await new Promise((w) => setTimeout(w, 5));
  const told = JSON.stringify(heard);
  assertStringIncludes(told, "weight is Infinity, accepted: a number over 0");
  assertStringIncludes(told, "There is no prompt left");
  assertEquals(socket.readyState, WebSocket.OPEN);
  socket.close();
  await closed;
});

Deno.test("20 bad messages in a row, and one too big, close", async () => {
  await using server = startServer();
  const url = server.url.replace("http", "ws") + PATH;
  const bad = await talk(url, new Array(25).fill("{"));
  assertEquals((await bad.closed).code, 1008);
  assertEquals(bad.heard.length, 21);
  const big = await talk(url, [SETUP, `"${"é".repeat(40_000)}"`]);
  const { code, reason } = await big.closed;
  assertEquals(code, 1009);
  assertStringIncludes(reason, "65536 bytes");
});

Deno.test("the path without a WebSocket, and others near it", async () => {
  await using server = startServer();
  const plain = await fetch(server.url + PATH);
  assertEquals([plain.status, (await plain.json()).code], [426, "unsupported"]);
  const posted = await fetch(server.url + PATH, { method: "POST" });
  assertEquals([posted.status, (await posted.json()).code], [
    405,
    "unsupported",
  ]);
  for (const other of ["/ws/", "/ws/x", PATH.replace("v1alpha", "v9")]) {
    const response = await fetch(server.url + other);
    await response.body?.cancel();
    assertEquals(response.status, 404);
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert(metrics.includes(`route="${PATH}"`));
});
