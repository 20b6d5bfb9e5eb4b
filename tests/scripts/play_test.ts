import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseCommand, UsageError } from "../../scripts/play/options.ts";
import { ffmpeg, hasProgram } from "../audio/decode.ts";
import { pause, sharedServer } from "../e2e/server.ts";
import { Foreign } from "../foreign.ts";

const ROOT = new URL("../../", import.meta.url);
const server = sharedServer();

/** Runs `deno task play` with these arguments, without a terminal. */
async function play(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "play", ...args],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}

Deno.test("play writes a file of exactly that many bars", async () => {
  if (!await hasProgram("ffmpeg")) return;
  const folder = await Deno.makeTempDir();
  const args = ["dub", "techno", "--bars", "2", "--bpm", "128", "--seed", "3"];
  for (const name of ["clip.ogg", "clip.wav"]) {
    const out = `${folder}/${name}`;
    const url = server().url;
    const { code, errors } = await play(...args, "--out", out, "--url", url);
    assertEquals(code, 0, errors);
    assertMatch(errors, /^dub techno {2}128 bpm {2}seed 3 {2}to /m);
    assertMatch(errors, /^3\.75 s of music to .*, [\d.]+x real time\n$/m);
    const samples = await ffmpeg(await Deno.readFile(out));
    assertEquals(samples.length / 2, 2 * 4 * 60 / 128 * 48_000, name);
    assert(samples.some((value) => Math.abs(value) > 100));
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("play says that the server is not there, and how to start one", async () => {
  const { code, errors } = await play("rain", "--url", "http://127.0.0.1:1");
  assertEquals(code, 2);
  assertEquals(
    errors,
    "There is no server at http://127.0.0.1:1: start one with deno task " +
      "start, or say where it is with --url\n",
  );
});

Deno.test("play passes on what the server refuses", async () => {
  const folder = await Deno.makeTempDir();
  const out = `${folder}/clip.ogg`;
  const args = ["--bpm", "300", "--out", out, "--url", server().url];
  const { code, errors } = await play("rain", ...args);
  assertEquals(code, 1);
  assertMatch(errors, /bpm is 300.*40 to 240/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("play says which option it does not understand", () => {
  const refused = [
    [[], "The prompt is missing"],
    [["rain", "--bpm", "fast"], "--bpm fast: accepted is a number"],
    [["rain", "--out", "clip.mp3"], "accepted are .ogg, .opus and .wav"],
    [["rain", "--bars", "1", "--seconds", "1"], "not both"],
    [["rain", "--loud"], "--loud"],
    [["rain", "--url", "here"], "accepted is such as http://host:8080"],
  ] as const;
  for (const [args, message] of refused) {
    try {
      parseCommand([...args]);
      assert(false, `${args} was accepted`);
    } catch (error) {
      assert(error instanceof UsageError, String(error));
      assert(error.message.includes(message), error.message);
    }
  }
});

/** `deno task play` in a terminal, whose output can be waited for. */
class Terminal implements AsyncDisposable {
  readonly #script: Foreign;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;
  #shown = "";

  constructor(args: string[]) {
    const command = [Deno.execPath(), "task", "--quiet", "play", ...args];
    this.#script = new Foreign("script", {
      args: ["-qec", command.map((arg) => `'${arg}'`).join(" "), "/dev/null"],
      cwd: ROOT,
      // ffplay plays without a sound card.
      env: { SDL_AUDIODRIVER: "dummy", SDL_VIDEODRIVER: "dummy" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    });
    this.#keys = this.#script.child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    const text = this.#script.child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) this.#shown += part;
  }

  /** Waits until something new is shown that fits. */
  async see(pattern: RegExp): Promise<void> {
    for (let tries = 0; !pattern.test(this.#shown); tries++) {
      assert(tries < 1200, `${pattern} is not in ${this.#shown.slice(-2000)}`);
      await pause(50);
    }
    this.#shown = "";
  }

  async press(keys: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(keys));
  }

  async end(): Promise<number> {
    const { code } = await this.#script.child.status;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script[Symbol.asyncDispose]();
    await this.#reading;
  }
}

Deno.test("play obeys the keys of a terminal", async () => {
  if (!await hasProgram("script") || !await hasProgram("ffplay")) return;
  await using terminal = new Terminal(["rain", "--url", server().url]);
  await terminal.see(/\[=* *\] {2}[\d.]+ s {2}beat \d+ {2}\d+ steps in/);
  await terminal.press("p");
  await terminal.see(/next prompt: /);
  await terminal.press("jazzy");
  await terminal.press("\x7f");
  await terminal.see(/next prompt: jazz(?!y)/);
  await terminal.press("\r");
  await terminal.see(/jazz {2}from beat \d+/);
  await terminal.press(" ");
  await terminal.see(/paused/);
  await terminal.press(" ");
  await terminal.see(/\[=* *\]/);
  await terminal.press("q");
  await terminal.see(/s of music to ffplay in/);
  assertEquals(await terminal.end(), 0);
});
