/**
 * What can be said over OSC: addresses, their arguments and what they mean.
 *
 * @module
 */
import { LIMITS, type Quantum } from "../protocol/mod.ts";
import type { OscMessage, OscValue } from "./packet.ts";

/** Addresses may be written with it or without. */
export const PREFIX = "/prestissimo";

/** Controls that are one number or one text. */
export type PlainControl =
  | "bpm"
  | "chords"
  | "key"
  | "energy"
  | "density"
  | "brightness";

/** What somebody wants. */
export type Command =
  | { kind: "play"; text: string }
  | { kind: "stop" }
  | { kind: "state" }
  /** One text of the mix; `slot` is its place, from 0. */
  | { kind: "prompt"; slot: number; text: string; weight: number | null }
  | { kind: "weight"; slot: number; weight: number }
  | {
    kind: "control";
    name: PlainControl;
    value: number | string;
    at: Quantum;
  };

/** A command, or why there is none. */
export type ReadCommand =
  | { ok: true; command: Command }
  | { ok: false; error: string };

type Read = (args: readonly OscValue[]) => Command | null;

/** What an address takes, in words, and how it is read: null = something else came. */
const COMMANDS: Record<string, { takes: string; read: Read }> = {
  "/play": {
    takes: "a text",
    read: ([text, ...rest]) =>
      isText(text) && rest.length === 0
        ? { kind: "play", text: text.value }
        : null,
  },
  "/prompt": {
    takes: "a text, or a place in the mix and a text, then perhaps a weight",
    read: readPrompt,
  },
  "/weight": {
    takes: "a place in the mix and a number",
    read: ([slot, weight, ...rest]) =>
      isNumber(slot) && isNumber(weight) && rest.length === 0
        ? { kind: "weight", slot: slot.value, weight: weight.value }
        : null,
  },
  "/bpm": number("bpm", "beat"),
  "/chords": text("chords", "bar"),
  "/key": text("key", "bar"),
  "/energy": number("energy", "now"),
  "/density": number("density", "now"),
  "/brightness": number("brightness", "now"),
  "/stop": { takes: "nothing", read: nothing("stop") },
  "/state": { takes: "nothing", read: nothing("state") },
};

/** Reads a message. What values are in range is the protocol's to say. */
export function readCommand({ address, args }: OscMessage): ReadCommand {
  const name = address.startsWith(`${PREFIX}/`)
    ? address.slice(PREFIX.length)
    : address;
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (known === undefined) {
    const accepted = Object.keys(COMMANDS).map((each) => PREFIX + each)
      .join(", ");
    return wrong(`${show(address)} is unknown, accepted: ${accepted}`);
  }
  const command = known.read(args);
  if (command === null) {
    const got = describeAll(args);
    return wrong(`${PREFIX}${name} takes ${known.takes}, got ${got}`);
  }
  if ("slot" in command && !isSlot(command.slot)) {
    return wrong(
      `${PREFIX}${name} has place ${command.slot}, accepted: 0 to ${
        LIMITS.prompts - 1
      }`,
    );
  }
  return { ok: true, command };
}

function readPrompt(args: readonly OscValue[]): Command | null {
  const [first] = args;
  const placed = isNumber(first);
  const [text, weight, ...rest] = placed ? args.slice(1) : args;
  if (!isText(text) || rest.length > 0) return null;
  if (weight !== undefined && !isNumber(weight)) return null;
  return {
    kind: "prompt",
    slot: placed ? first.value : 0,
    text: text.value,
    weight: weight?.value ?? null,
  };
}

function number(name: PlainControl, at: Quantum) {
  return {
    takes: "a number",
    read: ([value, ...rest]: readonly OscValue[]): Command | null =>
      isNumber(value) && rest.length === 0
        ? { kind: "control", name, value: value.value, at }
        : null,
  };
}

function text(name: PlainControl, at: Quantum) {
  return {
    takes: "a text",
    read: ([value, ...rest]: readonly OscValue[]): Command | null =>
      isText(value) && rest.length === 0
        ? { kind: "control", name, value: value.value, at }
        : null,
  };
}

function nothing(kind: "stop" | "state"): Read {
  return (args) => args.length === 0 ? { kind } : null;
}

function isText(
  value: OscValue | undefined,
): value is Extract<OscValue, { kind: "text" }> {
  return value?.kind === "text";
}

/** OSC knows infinity and what is no number; music does not. */
function isNumber(
  value: OscValue | undefined,
): value is Extract<OscValue, { kind: "number" }> {
  return value?.kind === "number" && Number.isFinite(value.value);
}

function isSlot(slot: number): boolean {
  return Number.isInteger(slot) && slot >= 0 && slot < LIMITS.prompts;
}

/** An answer has to fit a datagram. */
const MOST_DESCRIBED = 8;

function describeAll(values: readonly OscValue[]): string {
  if (values.length === 0) return "nothing";
  const more = values.length - MOST_DESCRIBED;
  const told = values.slice(0, MOST_DESCRIBED).map(describe).join(", ");
  return more > 0 ? `${told} and ${more} more` : told;
}

function describe(value: OscValue): string {
  if (value.kind === "other") return `a value of type ${value.name}`;
  return value.kind === "text" ? show(value.value) : `${value.value}`;
}

function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

function wrong(error: string): ReadCommand {
  return { ok: false, error };
}
