/**
 * Keys of a terminal while music plays.
 *
 * @module
 */

/** What a key may ask for. */
export interface KeyCommands {
  /** Pause, or go on. */
  toggle(): void;
  quit(): void;
  /** The prompt as typed so far; null once it is given up. */
  typing(text: string | null): void;
  /** A prompt has been typed. */
  prompt(text: string): void;
}

/** Turns characters into commands, and a line into a prompt. */
export class Keys {
  readonly #commands: KeyCommands;
  #text: string | null = null;

  constructor(commands: KeyCommands) {
    this.#commands = commands;
  }

  /** Takes what was typed. */
  press(typed: string): void {
    // Arrow keys and the like begin with an escape and mean nothing here.
    if (typed.startsWith("\x1b") && typed.length > 1) return;
    for (const key of typed) {
      if (key === "\x03" || key === "\x04") this.#commands.quit();
      else if (this.#text !== null) this.#edit(this.#text, key);
      else this.#command(key);
    }
  }

  #command(key: string): void {
    if (key === " ") this.#commands.toggle();
    else if (key === "q") this.#commands.quit();
    else if (key === "p" || key === "\r" || key === "\n") this.#type("");
  }

  #edit(text: string, key: string): void {
    if (key === "\x1b") return this.#type(null);
    if (key === "\x7f" || key === "\b") {
      return this.#type([...text].slice(0, -1).join(""));
    }
    if (key !== "\r" && key !== "\n") return this.#type(text + key);
    this.#type(null);
    if (text.trim() !== "") this.#commands.prompt(text.trim());
  }

  #type(text: string | null): void {
    this.#text = text;
    this.#commands.typing(text);
  }
}

/**
 * Reads the keys of the terminal, if there is one, until aborted.
 *
 * @param signal Gives the terminal back.
 */
export async function readKeys(keys: Keys, signal: AbortSignal): Promise<void> {
  if (!Deno.stdin.isTerminal()) return;
  Deno.stdin.setRaw(true);
  signal.addEventListener("abort", () => Deno.stdin.setRaw(false));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  while (!signal.aborted) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) return;
    const typed = buffer.subarray(0, count);
    if (!signal.aborted) keys.press(decoder.decode(typed, { stream: true }));
  }
}
