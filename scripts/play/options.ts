/**
 * What the command line asks for.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { PlayOptions } from "../../lib/client/mod.ts";

/** A command line, understood. */
export interface PlayCommand {
  /** Where the server is. */
  url: string;
  key: string | null;
  /** File to write, or null for the loudspeaker. */
  out: string | null;
  play: PlayOptions;
}

/** What `--help` says. */
export const USAGE = `Usage: deno task play "prompt" [options]

  --bars N       length in bars            --bpm N       tempo, 40 to 240
  --seconds N    length in seconds         --key KEY     such as "A minor"
  --seed N       the same music again      --chords "Am F C G"
  --steps N      1 to 8                    --model ID
  --out FILE     write .ogg or .wav instead of playing
  --url URL      the server; http://127.0.0.1:8080 unless said
  --api-key KEY  if the server asks for one

While it plays: space pauses and goes on, p or Enter lets you type the next
prompt, q ends.`;

const TEXT = { type: "string" } as const;

/** A command line that cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads a command line. What the server checks is left to the server.
 *
 * @returns The command, or null if help is asked for.
 * @throws {UsageError} If something is missing or not understood.
 */
export function parseCommand(args: string[]): PlayCommand | null {
  const { values, positionals } = read(args);
  if (values.help) return null;
  const text = positionals.join(" ").trim();
  if (text === "") {
    throw new UsageError('The prompt is missing: deno task play "lo-fi piano"');
  }
  if (values.bars !== undefined && values.seconds !== undefined) {
    throw new UsageError("Give --bars or --seconds, not both");
  }
  const { out = null } = values;
  if (out !== null && !/\.(ogg|opus|wav)$/i.test(out)) {
    throw new UsageError(`--out ${out}: accepted are .ogg, .opus and .wav`);
  }
  const play: PlayOptions = { prompts: [{ text }] };
  for (const name of ["bpm", "seed", "steps"] as const) {
    const value = number(name, values[name]);
    if (value !== null) play[name] = value;
  }
  for (const name of ["key", "chords", "model"] as const) {
    if (values[name] !== undefined) play[name] = values[name];
  }
  const bars = number("bars", values.bars);
  const seconds = number("seconds", values.seconds);
  if (bars !== null) play.duration = { bars };
  if (seconds !== null) play.duration = { seconds };
  const url = values.url ?? "http://127.0.0.1:8080";
  if (!URL.canParse(url)) {
    throw new UsageError(`--url ${url}: accepted is such as http://host:8080`);
  }
  return { url, key: values["api-key"] ?? null, out, play };
}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        ...{ bars: TEXT, seconds: TEXT, bpm: TEXT, seed: TEXT, steps: TEXT },
        ...{ key: TEXT, chords: TEXT, model: TEXT, out: TEXT, url: TEXT },
        "api-key": TEXT,
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const result = Number(value);
  if (value.trim() === "" || !Number.isFinite(result)) {
    throw new UsageError(`--${name} ${value}: accepted is a number`);
  }
  return result;
}
