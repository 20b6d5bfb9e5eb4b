/**
 * Plays from the shell: `deno task play "prompt"`.
 *
 * @module
 */
import {
  type Client,
  connect,
  ConnectionClosedError,
  ServerError,
  type Stream,
} from "../lib/client/mod.ts";
import { Keys, readKeys } from "./play/keys.ts";
import {
  parseCommand,
  type PlayCommand,
  USAGE,
  UsageError,
} from "./play/options.ts";
import { type Progress, ProgressLine, stepsOf } from "./play/progress.ts";
import { file, loudspeaker, type Sink, SinkError } from "./play/sinks.ts";

const SAMPLE_RATE = 48_000;

const line = new ProgressLine();

/** Connects, or says in words why that cannot be. */
async function open({ url, key }: PlayCommand): Promise<Client> {
  try {
    return await connect(url, key === null ? {} : { key });
  } catch (error) {
    if (!(error instanceof ConnectionClosedError)) throw error;
    throw new UsageError(await whyNot(url));
  }
}

/** A WebSocket that fails does not say why; a request does. */
async function whyNot(url: string): Promise<string> {
  try {
    const response = await fetch(new URL("/v1/stream", url));
    const { detail } = await response.json();
    const refused = response.status === 401 || response.status === 403;
    if (refused) return `${url} refuses: ${detail}`;
    return `${url} does not speak the protocol of Prestissimo`;
  } catch {
    return `There is no server at ${url}: start one with deno task start, ` +
      "or say where it is with --url";
  }
}

/** Plays until the end, or until `q`. */
async function play(
  client: Client,
  sink: Sink,
  command: PlayCommand,
): Promise<void> {
  const startMs = performance.now();
  const stream = client.play({
    ...command.play,
    format: { codec: sink.codec },
    // A file need not wait, and a player has a buffer of its own.
    ...(command.out === null && { pace: "realtime" as const }),
  });
  const progress: Progress = {
    ...{ seconds: null, made: 0, elapsed: 0, beat: 0 },
    ...{ steps: 0, stepsMs: 0, paused: false, typing: null },
  };
  stream.on("warning", ({ message }) => line.say(message));
  stream.on("first_audio", (message) => {
    Object.assign(progress, stepsOf(message));
  });
  const { format, bpm, meter, seed, prompts } = await stream.started;
  progress.seconds = secondsOf(command, bpm, meter);
  line.say(
    `${prompts[0]!.text}  ${bpm} bpm  seed ${seed}  to ${sink.name}`,
  );
  sink.begin(format);
  const over = new AbortController();
  const keys = new Keys(commands(stream, progress));
  // Nobody waits for it: a terminal may never press another key.
  readKeys(keys, over.signal).catch((error) => line.say(error.message));
  try {
    for await (const frame of stream) {
      await sink.write(frame);
      progress.made = (frame.sample + format.frame_samples) / SAMPLE_RATE;
      progress.elapsed = (performance.now() - startMs) / 1000;
      progress.beat = frame.beat;
      line.show(progress);
    }
    const end = await stream.finished;
    if (end.type === "done") progress.made = end.samples / SAMPLE_RATE;
    line.show(progress, true);
    await sink.end(end);
    const factor = progress.made / progress.elapsed;
    line.say(
      `${progress.made.toFixed(2)} s of music to ${sink.name} in ` +
        `${progress.elapsed.toFixed(2)} s, ${factor.toFixed(1)}x real time`,
    );
  } finally {
    over.abort();
  }
}

/** Length in seconds, or null if endless. */
function secondsOf(
  { play: { duration } }: PlayCommand,
  bpm: number,
  meter: number,
): number | null {
  if (!duration) return null;
  return "bars" in duration
    ? duration.bars * meter * 60 / bpm
    : duration.seconds;
}

function commands(stream: Stream, progress: Progress) {
  return {
    async toggle(): Promise<void> {
      progress.paused = !progress.paused;
      line.show(progress, true);
      await (progress.paused ? told(stream.pause()) : told(stream.resume()));
    },
    quit(): void {
      stream.cancel().catch(() => {});
    },
    typing(text: string | null): void {
      progress.typing = text;
      line.show(progress, true);
    },
    async prompt(text: string): Promise<void> {
      const update = stream.update({
        ...{ prompts: [{ text }], ramp: { beats: 2 }, at: "beat" },
      });
      const scheduled = await told(update);
      if (!scheduled) return;
      line.say(`${text}  from beat ${Math.round(scheduled.at_beat)}`);
    },
  };
}

/** An answer; why there is none is said. */
async function told<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    line.say((error as Error).message);
    return null;
  }
}

/** Runs a command line. @returns The exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (!command) {
      console.log(USAGE);
      return 0;
    }
    await using client = await open(command);
    const sink = command.out === null ? loudspeaker() : file(command.out);
    await play(client, sink, command);
    return 0;
  } catch (error) {
    const known = [UsageError, SinkError, ServerError, ConnectionClosedError];
    if (!known.some((type) => error instanceof type)) throw error;
    line.say((error as Error).message);
    return error instanceof UsageError ? 2 : 1;
  }
}

// The terminal may still be waited for.
Deno.exit(await main(Deno.args));
