import { Scale } from "@google/genai";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { output, savedCode, snippets } from "../docs/snippets.ts";
import { Server } from "../e2e/server.ts";
import { pause, startServer } from "../session/test_server.ts";
import { SdkClient } from "./sdk.ts";
import { assertSine } from "./sine.ts";

const PROMPTS = {
  weightedPrompts: [{ text: "a sine", weight: 1 }, { text: "more", weight: 3 }],
};

for (
  const [slash, apiVersion] of [["", "v1beta"], ["/", "v1alpha"], [
    "",
    "v1",
  ]] as const
) {
  Deno.test(`@google/genai plays at "${slash}" with ${apiVersion}`, async () => {
    await using server = startServer();
    const url = server.url + slash;
    await using client = await SdkClient.connect(url, { apiVersion });
    await client.until(() => client.heard[0]?.setupComplete);
    await client.session.setWeightedPrompts(PROMPTS);
    const musicGenerationConfig = { bpm: 90, density: 0.25, brightness: 0.5 };
    await client.session.setMusicGenerationConfig({ musicGenerationConfig });
    client.session.play();
    await client.until(() => client.chunks.length >= 3);
    const [first] = client.chunks;
    assertEquals(first!.mimeType, "audio/l16;rate=48000;channels=2");
    assertEquals(first!.sourceMetadata, {
      clientContent: PROMPTS,
      musicGenerationConfig,
    });
    assertEquals(client.heard.find((m) => m.serverContent)!.audioChunk, first);
    assertSine(client.pcm());
    const { controls, seed } = server.streams[0]!;
    assertEquals(
      [controls.bpm, controls.density, controls.brightness, controls.energy],
      [90, 0.25, 0.5, undefined],
    );
    assertEquals(controls.prompts, [
      { text: "a sine", weight: 0.25 },
      { text: "more", weight: 0.75 },
    ]);
    assert(seed >= 0);
  });
}

Deno.test("pause and play lose no sample; audio goes on far beyond the lead", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  await client.session.setWeightedPrompts(PROMPTS);
  client.session.play();
  await client.until(() => client.chunks.length >= 2);
  client.session.pause();
  let before = -1;
  // What was on its way has come when nothing more does.
  for (; before !== client.chunks.length; await pause(300)) {
    before = client.chunks.length;
  }
  const { position } = server.streams[0]!;
  await pause(300);
  assertEquals([client.chunks.length, server.streams[0]!.position], [
    before,
    position,
  ]);
  client.session.play();
  await client.until(() => client.chunks.length >= before + 12);
  assertSine(client.pcm());
});

Deno.test("stop ends the music; play begins anew, with the seed that was set", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  await client.session.setWeightedPrompts(PROMPTS);
  client.session.play();
  await client.until(() => client.chunks.length >= 1);
  const musicGenerationConfig = { seed: 77 };
  await client.session.setMusicGenerationConfig({ musicGenerationConfig });
  await client.warned("seed 77 counts from the next PLAY");
  client.session.resetContext();
  client.session.stop();
  await client.until(() => server.streams[0]!.cancelled);
  client.session.play();
  await client.until(() => server.streams.length === 2);
  assertEquals(server.streams[1]!.seed, 77);
  assertEquals(server.streams[1]!.controls.prompts![1]!.text, "more");
});

Deno.test("prompts and configuration bend what plays; the configuration is replaced whole", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  const { session } = client;
  session.play();
  await client.warned("There are no prompts");
  await session.setWeightedPrompts(PROMPTS);
  await client.until(() => client.chunks.length >= 1);
  const [stream] = server.streams;
  const config = {
    bpm: 140,
    density: 0.1,
    scale: Scale.D_FLAT_MAJOR_B_FLAT_MINOR,
    muteDrums: true,
    onlyBassAndDrums: true,
  };
  await session.setMusicGenerationConfig({ musicGenerationConfig: config });
  await client.until(() => stream!.controls.bpm === 140);
  assertEquals(stream!.controls.key, "Db major");
  assertEquals(stream!.controls.parts, {
    drums: false,
    bass: true,
    harmony: false,
    melody: false,
  });
  await client.until(() =>
    client.chunks.some(({ sourceMetadata }) =>
      sourceMetadata?.musicGenerationConfig?.bpm === 140
    )
  );
  await client.warned("does not understand key");
  await session.setMusicGenerationConfig({
    musicGenerationConfig: { brightness: 1 },
  });
  await client.until(() => stream!.controls.brightness === 1);
  const { bpm, density, key, parts } = stream!.controls;
  assertEquals([bpm, density, key], [null, null, null]);
  assertEquals(Object.values(parts!), [true, true, true, true]);
  await session.setWeightedPrompts({
    weightedPrompts: [{ text: "another", weight: 40 }, {
      text: "b",
      weight: 10,
    }],
  });
  await client.until(() => stream!.controls.prompts![0]!.weight === 0.8);
  assertEquals(stream!.cancelled, false);
});

Deno.test("every scale of the SDK is known", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  for (const scale of Object.values(Scale)) {
    await client.session.setMusicGenerationConfig({
      musicGenerationConfig: { scale },
    });
  }
  await client.session.setMusicGenerationConfig({
    musicGenerationConfig: { scale: "H_MAJOR" as Scale },
  });
  await client.warned('scale is "H_MAJOR"');
  assertEquals(client.warnings.length, 1);
});

Deno.test("prompts that cannot be played are filtered, the others play", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  const { session } = client;
  const bad = [
    { text: "nothing", weight: 0 },
    { text: "less", weight: -1 },
    { text: "x".repeat(501), weight: 1 },
    { text: " ", weight: 1 },
    { text: 7 as unknown as string, weight: 1 },
  ];
  await session.setWeightedPrompts({ weightedPrompts: bad });
  await client.warned("There is no prompt left");
  const good = Array.from({ length: 9 }, (_, i) => ({
    text: `${i}`,
    weight: 1,
  }));
  await session.setWeightedPrompts({ weightedPrompts: [bad[0]!, ...good] });
  session.play();
  await client.until(() => client.chunks.length >= 1);
  const filtered = client.heard.flatMap((m) => m.filteredPrompt ?? []);
  assertEquals(filtered.map(({ text }) => text), [
    ...["nothing", "less", "x".repeat(501), " ", "7", "nothing", "8"],
  ]);
  assertEquals(
    filtered[1]!.filteredReason,
    "weight is -1, accepted: a number over 0",
  );
  assertStringIncludes(filtered[6]!.filteredReason!, "more than 8 prompts");
  assertEquals(server.streams[0]!.controls.prompts!.length, 8);
});

Deno.test("what is ignored is said once, what is out of range each time", async () => {
  await using server = startServer();
  await using client = await SdkClient.connect(server.url);
  const { session } = client;
  for (const temperature of [1.1, 1.2, 9]) {
    await session.setMusicGenerationConfig({
      musicGenerationConfig: { temperature, topK: 40 },
    });
  }
  await client.warned(
    "temperature is 9, accepted: a finite number from 0 to 3",
  );
  assertEquals(client.warnings.map((text) => text.split(" ", 3).join(" ")), [
    ...["temperature is ignored:", "topK is ignored:"],
    "musicGenerationConfig.temperature is 9,",
  ]);
});

Deno.test("a model that is unknown, and no place for a stream, close with the reason", async () => {
  await using server = startServer({ config: { maxStreams: 1 } });
  const other = await SdkClient.connect(server.url, { model: "models/other" });
  const unknown = await other.closed;
  assertEquals(unknown.code, 1008);
  assertStringIncludes(
    unknown.reason,
    'model is "models/other", accepted: lyria',
  );
  await using client = await SdkClient.connect(server.url, { model: "fake" });
  await client.session.setWeightedPrompts(PROMPTS);
  client.session.play();
  await client.until(() => client.chunks.length >= 1);
  const late = await SdkClient.connect(server.url);
  await late.session.setWeightedPrompts(PROMPTS);
  late.session.play();
  assertEquals(await late.closed, {
    code: 1013,
    reason: "All 1 streams of the server are taken",
  });
  const heard = client.chunks.length;
  await client.until(() => client.chunks.length > heard);
});

Deno.test("a stream that breaks closes with its incident", async () => {
  await using server = startServer({ sine: { failAt: 48_000 } });
  const client = await SdkClient.connect(server.url);
  await client.session.setWeightedPrompts(PROMPTS);
  client.session.play();
  const { code, reason } = await client.closed;
  assertEquals(code, 1011);
  const incident = /incident (\w+)$/.exec(reason)![1]!;
  assert(server.lines.some((line) => line.includes(incident)));
});

Deno.test("the SDK's key is the server's", async () => {
  await using server = startServer({ config: { apiKeys: ["secret"] } });
  await using client = await SdkClient.connect(server.url, {
    apiKey: "secret",
  });
  await client.until(() => client.heard[0]?.setupComplete);
  const wrong = await SdkClient.connect(server.url, { apiKey: "wrong" })
    .then(() => "", (error: Error) => error.message);
  assertStringIncludes(wrong, "401");
});

Deno.test("a server that stops says so and closes with 1012", async () => {
  await using server = startServer();
  const client = await SdkClient.connect(server.url);
  await client.session.setWeightedPrompts(PROMPTS);
  client.session.play();
  await client.until(() => client.chunks.length >= 1);
  await server.app.drain(500);
  assertEquals((await client.closed).code, 1012);
  await client.warned("The server stops within 1 seconds");
});

Deno.test("the JavaScript of docs/lyria.md plays on Node", async () => {
  await using server = startServer();
  const [code] = await snippets("docs/lyria.md", "js");
  const here = code!.replace("http://127.0.0.1:8080", server.url);
  await using file = await savedCode("play.mjs", here);
  assertSine(await output("node", { args: [file.path], bytes: 100_000 }));
  assertEquals(server.streams[0]!.controls.brightness, 0.4);
});

Deno.test("the server as it is started plays its model to the SDK", async () => {
  await using server = await Server.start();
  await using client = await SdkClient.connect(server.url);
  await client.session.setWeightedPrompts({
    weightedPrompts: [{ text: "minimal techno", weight: 1 }],
  });
  const musicGenerationConfig = { bpm: 124, seed: 5, muteDrums: true };
  await client.session.setMusicGenerationConfig({ musicGenerationConfig });
  client.session.play();
  await client.until(() => client.chunks.length >= 10);
  const samples = new Int16Array(client.pcm().slice().buffer);
  assert(samples.some((value) => Math.abs(value) > 100));
  await client.session.setMusicGenerationConfig({
    musicGenerationConfig: { ...musicGenerationConfig, bpm: 90 },
  });
  await client.until(() =>
    client.chunks.at(-1)!.sourceMetadata?.musicGenerationConfig?.bpm === 90
  );
  // How busy the machine is does not count.
  const told = client.warnings.filter((text) => !text.includes("too busy"));
  assertEquals(told, []);
});
