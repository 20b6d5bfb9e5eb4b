import { assert, assertEquals, assertRejects } from "@std/assert";
import { createLog } from "../../lib/log.ts";
import { openOsc } from "../../lib/osc/mod.ts";
import { snippets } from "../docs/snippets.ts";
import { Server } from "../e2e/server.ts";
import { Foreign } from "../foreign.ts";
import { pause, startServer } from "../session/test_server.ts";
import { freePort, hasLiblo, Oscdump, oscsend, sendBytes } from "./liblo.ts";

const ignore = !(await hasLiblo());

/** A server with its door for OSC, and who hears what it says. */
async function stage(options: Parameters<typeof startServer>[0] = {}) {
  const server = startServer(options);
  const dump = await Oscdump.start();
  const log = createLog("json", (line) => server.lines.push(line));
  const door = await openOsc({
    ...{ service: server.app.service, url: server.url, log },
    ...{ host: "127.0.0.1", port: 0 },
    target: { host: "127.0.0.1", port: dump.port },
  });
  const send = (address: string, types = "", ...args: (string | number)[]) =>
    oscsend(door.port, address, types, ...args);
  return {
    ...{ server, dump, door, send },
    async [Symbol.asyncDispose]() {
      await door.close();
      await dump[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "oscsend plays; oscdump hears the state, and beats and bars in time",
  ignore,
  fn: async () => {
    await using on = await stage();
    await on.send("/prestissimo/bpm", "f", 125.5);
    await on.send("/prestissimo/play", "s", "a sine");
    const state = await on.dump.next("/state", "playing");
    assertEquals(state.types, "sssfi");
    const [, id, url, bpm, meter] = state.args;
    assertEquals([Number(bpm), meter], [125.5, "4"]);
    assertEquals(url, `${on.server.url}/v1/listen/${id}`);
    const heard = await fetch(url!);
    assertEquals(heard.status, 200);
    await heard.body!.cancel();
    await on.dump.until(({ address, args }) =>
      address === "/beat" && args[0] === "4"
    );
    const beats = on.dump.all("/beat").slice(0, 5);
    assertEquals(beats.map(({ args }) => args[0]), ["0", "1", "2", "3", "4"]);
    assertEquals(on.dump.all("/bar").slice(0, 2).map(({ args }) => args), [
      ["0", "0"],
      ["1", "4"],
    ]);
    assertEquals(beats[4]!.args[1], "125.500000");
    await on.send("/prestissimo/stop");
    const stopped = await on.dump.next("/state", "stopped");
    assertEquals(stopped.args, ["stopped", "", "", "0.000000", "4"]);
    const count = on.dump.all("/beat").length;
    await pause(600);
    assertEquals(on.dump.all("/beat").length, count);
    assert(on.server.streams[0]!.cancelled);
  },
});

Deno.test({
  name: "every address bends what plays",
  ignore,
  fn: async () => {
    await using on = await stage();
    await on.send("/play", "s", "a sine");
    await on.dump.next("/state", "playing");
    const [stream] = on.server.streams;
    const holds = async (what: () => boolean) => {
      for (let tries = 0; !what(); tries++) {
        assert(tries < 500, JSON.stringify(stream!.controls));
        await pause(20);
      }
    };
    await on.send("/prestissimo/prompt", "isf", 1, "a bell", 3);
    await holds(() => stream!.controls.prompts?.length === 2);
    assertEquals(stream!.controls.prompts, [
      { text: "a sine", weight: 0.25 },
      { text: "a bell", weight: 0.75 },
    ]);
    await on.send("/prestissimo/weight", "if", 0, 0);
    await holds(() => stream!.controls.prompts?.length === 1);
    await on.send("/prestissimo/weight", "ii", 0, 3);
    await holds(() => stream!.controls.prompts?.[0]?.weight === 0.5);
    await on.send("/prestissimo/chords", "s", "Am F C G");
    await on.send("/prestissimo/energy", "f", 0.7);
    await on.send("/prestissimo/bpm", "i", 140);
    await on.send("/prestissimo/key", "s", "A minor");
    await holds(() => {
      const { chords, energy, bpm, key } = stream!.controls;
      return `${[chords, energy, bpm, key]}` === "Am F C G,0.7,140,A minor";
    });
    await on.dump.next("/warning", "does not understand key");
  },
});

Deno.test({
  name:
    "what is wrong is answered with the value and what is accepted; the music plays on",
  ignore,
  fn: async () => {
    await using on = await stage();
    await on.send("/prestissimo/play", "s", "a sine");
    await on.dump.next("/state", "playing");
    const { port } = on.door;
    for (
      const [address, types, args, expected] of [
        ["/prestissimo/louder", "", [], "/prestissimo/louder"],
        ["/prestissimo/bpm", "s", ["fast"], "bpm takes a number, got"],
        ["/prestissimo/bpm", "f", [9], "bpm is 9, accepted"],
        ["/prestissimo/bpm", "", [], "bpm takes a number, got nothing"],
        ["/prestissimo/energy", "f", ["inf"], "energy takes a number"],
        ["/prestissimo/play", "i", [7], "play takes a text, got 7"],
        ["/prestissimo/play", "s", [""], "prompts[0].text is"],
        [
          "/prestissimo/prompt",
          "is",
          [8, "a"],
          "has place 8, accepted: 0 to 7",
        ],
        [
          "/prestissimo/weight",
          "if",
          [5, 1],
          "Place 5 of the mix has no prompt",
        ],
        ["/prestissimo/chords", "s", ["H"], "chords"],
        ["/prestissimo/stop", "i", [1], "stop takes nothing, got 1"],
        // The answer has to fit a datagram.
        [
          "/prestissimo/bpm",
          "s".repeat(600),
          new Array(600).fill("x".repeat(70)),
          "and 592 more",
        ],
      ] as [string, string, (string | number)[], string][]
    ) {
      on.dump.heard.length = 0;
      await on.send(address, types, ...args);
      await on.dump.next("/error", expected);
    }
    await sendBytes(port, new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    await on.dump.next("/error", "is not OSC");
    for (let size = 0; size < 200; size++) {
      await sendBytes(port, crypto.getRandomValues(new Uint8Array(size)));
    }
    await on.send("/prestissimo/state");
    on.dump.heard.length = 0;
    await on.dump.next("/beat");
    assertEquals(on.server.streams[0]!.cancelled, false);
    assertEquals(on.server.lines, []);
  },
});

Deno.test({
  name: "a full server says so",
  ignore,
  fn: async () => {
    await using on = await stage({ config: { maxStreams: 0 } });
    await on.send("/prestissimo/play", "s", "a sine");
    await on.dump.next("/error", "All 0 streams of the server are taken");
  },
});

Deno.test({
  name: "the server as it is started opens the door, and tells its target",
  ignore,
  fn: async () => {
    await using dump = await Oscdump.start();
    const port = await freePort();
    await using _server = await Server.start({
      env: { OSC_PORT: `${port}`, OSC_TARGET: `127.0.0.1:${dump.port}` },
    });
    await oscsend(port, "/prestissimo/bpm", "i", 100);
    await oscsend(port, "/prestissimo/play", "s", "dub techno");
    const state = await dump.next("/state", "playing");
    assertEquals(Number(state.args[3]), 100);
    await dump.next("/beat", "1 100");
    await oscsend(port, "/prestissimo/stop");
    await dump.next("/state", "stopped");
  },
});

Deno.test("a port that cannot be used is named", async () => {
  await using server = startServer();
  const log = createLog("json", () => {});
  const options = {
    ...{ service: server.app.service, url: server.url, log },
    ...{ host: "127.0.0.1", target: null },
  };
  const door = await openOsc({ ...options, port: 0 });
  await assertRejects(
    () => openOsc({ ...options, port: door.port }),
    Error,
    `Cannot listen for OSC on 127.0.0.1:${door.port}`,
  );
  await door.close();
});

Deno.test({
  name: "the SuperCollider of docs/live_coding.md plays, and hears beats",
  ignore: !(await hasTool("sclang", "supercollider-language")),
  fn: async () => {
    await using server = startServer();
    const log = createLog("json", (line) => server.lines.push(line));
    const door = await openOsc({
      ...{ service: server.app.service, url: server.url, log },
      ...{ host: "127.0.0.1", port: 0, target: null },
    });
    const [code] = await snippets("docs/live_coding.md", "supercollider");
    const script = await Deno.makeTempFile({ suffix: ".scd" });
    const end = "fork { 3.wait; 0.exit };";
    const here = code!.replace("57130", `${door.port}`);
    await Deno.writeTextFile(script, `(\n${here}\n${end}\n)\n`);
    const out = await sclang(script);
    await Deno.remove(script);
    await door.close();
    assert(/\[ \/beat, 1, 124/.test(out), out);
    assert(/\[ \/state, playing, /.test(out), out);
    assertEquals(server.streams[0]!.controls.chords, "Am F C G");
  },
});

Deno.test({
  name: "examples/osc.pd plays, and hears beats",
  ignore: !(await hasTool("pd", "puredata-core")),
  fn: async () => {
    await using on = await stage();
    const { port } = on.dump;
    // Pd hears what the server says in place of liblo.
    await on.dump[Symbol.asyncDispose]();
    const patch = await Deno.readTextFile(
      new URL("../../examples/osc.pd", import.meta.url),
    );
    const file = await Deno.makeTempFile({ suffix: ".pd" });
    const here = patch.replaceAll("57130", `${on.door.port}`)
      .replaceAll("57140", `${port}`);
    await Deno.writeTextFile(file, here);
    let out = "";
    {
      await using pd = new Foreign("pd", {
        args: ["-nogui", "-noaudio", "-nomidi", "-stderr", file],
        ...{ stdin: "null", stdout: "null", stderr: "piped" },
      });
      const said = pd.child.stderr.pipeThrough(new TextDecoderStream());
      for await (const part of said) {
        out += part;
        if (/beat: 2 124/.test(out)) break;
      }
    }
    await Deno.remove(file);
    assert(/beat: 2 124/.test(out), out);
    const { controls } = on.server.streams[0]!;
    assertEquals(
      [controls.prompts![0]!.text, controls.bpm, controls.energy],
      ["dub techno", 124, 0.7],
    );
  },
});

Deno.test({
  name: "the TidalCycles of docs/live_coding.md turns a control to and fro",
  ignore:
    !(await hasTool("ghci", "libghc-tidal-dev", "ghc-pkg describe tidal")),
  fn: async () => {
    await using on = await stage();
    await on.send("/play", "s", "a sine");
    await on.dump.next("/state", "playing");
    const [code] = await snippets("docs/live_coding.md", "haskell");
    const script = await Deno.makeTempFile({ suffix: ".ghci" });
    await Deno.writeTextFile(
      script,
      [
        ":set -XOverloadedStrings",
        "import Sound.Tidal.Context",
        code!.replace("57130", `${on.door.port}`),
        'streamReplace tidal 1 $ energy "0.2 0.9"',
        // Until the test has heard enough.
        "getLine",
      ].join("\n"),
    );
    const heard = new Set<number>();
    {
      // Its input stays open, unread: ghci would end with it.
      await using _ghci = new Foreign("ghci", {
        args: ["-ghci-script", script],
        ...{ stdin: "piped", stdout: "null", stderr: "null" },
      });
      for (let tries = 0; heard.size < 2 && tries < 3000; tries++) {
        const { energy } = on.server.streams[0]!.controls;
        if (energy != null) heard.add(energy);
        await pause(20);
      }
    }
    await Deno.remove(script);
    assertEquals([...heard].sort(), [0.2, 0.9]);
  },
});

/** True if a shell finds it; warns if not, and throws on CI. */
async function hasTool(
  name: string,
  debian: string,
  check = `command -v ${name}`,
): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", check],
    ...{ stdout: "null", stderr: "null" },
  }).output();
  if (success) return true;
  const missing = `"${name}" is not installed (${debian})`;
  if (Deno.env.get("CI") === "true") throw new Error(missing);
  console.warn(`SKIPPED: ${missing}`);
  return false;
}

/** What a script of SuperCollider posts within the time that it gives itself. */
async function sclang(script: string): Promise<string> {
  await using program = new Foreign("sclang", {
    args: [script],
    env: { QT_QPA_PLATFORM: "offscreen", QTWEBENGINE_DISABLE_SANDBOX: "1" },
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  });
  return await new Response(program.child.stdout).text();
}
