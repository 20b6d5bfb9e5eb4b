import { assert, assertEquals } from "@std/assert";
import { type Client, connect } from "../../lib/client/mod.ts";
import { sharedServer } from "../e2e/server.ts";

const server = sharedServer();

/** A line to the server that can be cut, as often as there is one. */
function line(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends = new Set<Deno.TcpConn>();
  const pipes: Promise<void>[] = [];
  async function serve(): Promise<void> {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      ends.add(near).add(far);
      pipes.push(near.readable.pipeTo(far.writable).catch(() => {}));
      pipes.push(far.readable.pipeTo(near.writable).catch(() => {}));
    }
  }
  const serving = serve();
  function cut(): void {
    for (const end of ends) {
      try {
        end.close();
      } catch { /* the pipe has closed it */ }
    }
    ends.clear();
  }
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await serving;
      await Promise.all(pipes);
    },
  };
}

/** Plays twenty seconds; `onPacket` may cut the line. */
async function play(
  client: Client,
  pace: "realtime" | "asap",
  onPacket: (seq: number) => void,
) {
  const stream = client.play({
    ...{ prompts: [{ text: "rain" }], seed: 11, duration: { seconds: 20 } },
    ...{ pace, lead_ms: 500 },
  });
  const seqs: number[] = [];
  const payloads: number[][] = [];
  for await (const { seq, payload, discontinuity } of stream) {
    assert(!discontinuity);
    seqs.push(seq);
    payloads.push([...payload]);
    onPacket(seq);
  }
  return { seqs, payloads, done: await stream.finished };
}

Deno.test("a finite stream over a line that breaks is that of a whole line", async () => {
  const { url } = server();
  await using direct = await connect(url);
  const whole = await play(direct, "asap", () => {});
  await using broken = line(Number(new URL(url).port));
  await using other = await connect(broken.url);
  let losses = 0;
  other.on("disconnected", () => losses++);
  // Most of the piece is still to come, however busy the machine.
  const mended = await play(
    other,
    "realtime",
    (seq) => seq === 40 && broken.cut(),
  );
  assertEquals(losses, 1);
  assertEquals(mended.seqs, whole.seqs);
  assertEquals(mended.payloads, whole.payloads);
  assertEquals(mended.done, whole.done);
});
