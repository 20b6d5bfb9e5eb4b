import { assert, assertEquals } from "@std/assert";
import { RawClient } from "./raw_client.ts";
import { sharedServer } from "./server.ts";

const server = sharedServer();

Deno.test("a hundred stings, by HTTP and by WebSocket, beside endless streams that play on", async () => {
  await using listener = await RawClient.open(server().wsUrl);
  const endless = ["one", "two"];
  for (const stream of endless) {
    listener.send({
      ...{ type: "start", stream, prompts: [{ text: "calm piano" }] },
      ...{ bpm: 90, lead_ms: 2000 },
    });
  }
  const handles: number[] = [];
  for (const stream of endless) {
    handles.push((await listener.next("started", { stream })).handle);
  }
  await using game = await RawClient.open(server().wsUrl);
  const SAMPLES = 24_000;
  const sting = async (i: number) => {
    if (i % 2 === 0) {
      const { done, bytes } = await game.play({
        ...{ stream: `sting-${i}`, seed: i, duration: { seconds: 0.5 } },
        ...{ prompts: [{ text: "brass sting" }] },
        format: { codec: "pcm_s16le" },
      });
      return [done.samples, bytes.length];
    }
    const query = `prompt=brass+sting&seconds=0.5&seed=${i}&format=pcm_s16le`;
    const response = await fetch(`${server().url}/v1/generate?${query}`);
    return [SAMPLES, (await response.bytes()).length];
  };
  const played = () => handles.map((each) => listener.frames(each).length);
  let next = 0;
  const before = played();
  // Four at a time, as a game with four players would.
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (next < 100) {
      assertEquals(await sting(next++), [SAMPLES, 4 * SAMPLES]);
    }
  }));
  // No endless stream stood still meanwhile, and none loses a frame.
  for (const [i, count] of played().entries()) {
    assert(count > before[i]!, `${endless[i]}: ${count}, before ${before[i]}`);
  }
  for (const [i, handle] of handles.entries()) {
    const frames = await listener.framesOf(handle, played()[i]! + 50);
    assertEquals(frames.map(({ seq }) => seq), [...frames.keys()]);
  }
  assertEquals(listener.messages("error"), []);
});
