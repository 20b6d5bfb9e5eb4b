/**
 * One line that tells how it goes.
 *
 * @module
 */
import type { FirstAudioMessage } from "../../lib/client/mod.ts";

const WIDTH = 24;
/** Time between two pictures of the line, in ms. */
const EVERY_MS = 100;

/** What the line tells of. */
export interface Progress {
  /** Length of the piece in seconds; null if endless. */
  seconds: number | null;
  /** Music that has come, in seconds. */
  made: number;
  /** Seconds since the first packet was asked for. */
  elapsed: number;
  /** Musical position, in beats. */
  beat: number;
  steps: number;
  stepsMs: number;
  paused: boolean;
  /** The prompt that is being typed, or null. */
  typing: string | null;
}

/** The line as text. */
export function progressLine(progress: Progress): string {
  const { seconds, made, elapsed, beat, steps, stepsMs, typing } = progress;
  if (typing !== null) return `next prompt: ${typing}`;
  const factor = elapsed > 0 ? made / elapsed : 0;
  return [
    progress.paused ? "paused " : bar(made, seconds),
    `${made.toFixed(1)}${seconds === null ? "" : `/${seconds.toFixed(1)}`} s`,
    `beat ${Math.floor(beat)}`,
    `${steps} steps in ${Math.round(stepsMs)} ms`,
    `${factor.toFixed(1)}x real time`,
  ].join("  ");
}

/** Full from left to right; of an endless piece, a wave of a minute. */
function bar(made: number, seconds: number | null): string {
  const share = seconds === null ? made % 60 / 60 : Math.min(1, made / seconds);
  const full = Math.round(share * WIDTH);
  return `[${"=".repeat(full)}${" ".repeat(WIDTH - full)}]`;
}

/** Steps and their time, for the line. */
export function stepsOf(
  { steps_ms }: FirstAudioMessage,
): Pick<Progress, "steps" | "stepsMs"> {
  return {
    steps: steps_ms.length,
    stepsMs: steps_ms.reduce((total, ms) => total + ms, 0),
  };
}

/** Shows the line on a terminal; elsewhere nothing, lest a log fills with it. */
export class ProgressLine {
  readonly #terminal = Deno.stderr.isTerminal();
  #shownMs = 0;

  /** @param now Whether to show it although it was shown a moment ago. */
  show(progress: Progress, now = false): void {
    if (!this.#terminal) return;
    if (!now && performance.now() - this.#shownMs < EVERY_MS) return;
    this.#shownMs = performance.now();
    this.#write(`\r\x1b[2K${progressLine(progress)}`);
  }

  /** Writes a line of its own. */
  say(text: string): void {
    this.#write(`${this.#terminal ? "\r\x1b[2K" : ""}${text}\n`);
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
