/**
 * Everything that can be set besides the prompts.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { Quantum } from "../lib/client/mod.ts";
import { SCALE_NAMES } from "../lib/protocol/harmony.ts";
import { byId, fillSelect, onSelect, setText } from "./dom.ts";
import { chordsFault, PARTS, type Settings } from "./settings.ts";
import { sliders } from "./sliders.ts";

const TONICS = [
  ...["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"],
];

/** Shows the settings, and tells what the user has changed. */
export class Panel {
  readonly #onChange: (change: Partial<Settings>) => void;

  constructor(
    settings: Settings,
    onChange: (change: Partial<Settings>) => void,
  ) {
    this.#onChange = onChange;
    byId("panel", HTMLFormElement).addEventListener(
      "submit",
      (event) => event.preventDefault(),
    );
    sliders(settings, onChange);
    this.#meter(settings);
    this.#key(settings);
    this.#chords(settings);
    this.#parts(settings);
    this.#landing(settings);
    this.#seed(settings);
    onSelect("lead", `${settings.leadMs}`, (value) => {
      onChange({ leadMs: Number(value) });
    });
  }

  /** Shows the seed that plays. */
  showSeed(seed: number): void {
    byId("seed", HTMLInputElement).placeholder = `${seed}`;
  }

  #meter({ meter }: Settings): void {
    const input = byId("meter", HTMLInputElement);
    input.value = `${meter}`;
    input.addEventListener("change", () => {
      const number = Math.round(input.valueAsNumber || 4);
      const meter = Math.min(12, Math.max(2, number));
      input.value = `${meter}`;
      this.#onChange({ meter });
    });
  }

  #key({ key }: Settings): void {
    const tonic = byId("tonic", HTMLSelectElement);
    const mode = byId("mode", HTMLSelectElement);
    const [note = "", ...scale] = (key ?? "").split(" ");
    fillSelect(
      tonic,
      [["", "auto"], ...TONICS.map((t) => [t, t] as const)],
      note,
    );
    fillSelect(
      mode,
      SCALE_NAMES.map((name) => [name, name]),
      scale.join(" ") || "minor",
    );
    const change = () => {
      mode.disabled = tonic.value === "";
      const key = mode.disabled ? null : `${tonic.value} ${mode.value}`;
      this.#onChange({ key });
    };
    tonic.addEventListener("change", change);
    mode.addEventListener("change", change);
    mode.disabled = note === "";
  }

  #chords({ chords }: Settings): void {
    const input = byId("chords", HTMLInputElement);
    const fault = byId("chords-fault", HTMLElement);
    input.value = chords;
    input.addEventListener("input", () => {
      if (chordsFault(input.value) !== null) return;
      setText(fault, "");
      input.ariaInvalid = "false";
    });
    // An unfinished symbol is often a chord as well, so typing does not count.
    input.addEventListener("change", () => {
      const wrong = chordsFault(input.value);
      setText(fault, wrong ?? "");
      input.ariaInvalid = `${wrong !== null}`;
      if (wrong === null) this.#onChange({ chords: input.value });
    });
  }

  #parts({ parts }: Settings): void {
    const set = { ...parts };
    for (const name of PARTS) {
      const button = byId(`part-${name}`, HTMLButtonElement);
      button.ariaPressed = `${set[name]}`;
      button.addEventListener("click", () => {
        set[name] = !set[name];
        button.ariaPressed = `${set[name]}`;
        this.#onChange({ parts: { ...set } });
      });
    }
  }

  #landing({ at, rampBeats }: Settings): void {
    onSelect("at", at, (value) => this.#onChange({ at: value as Quantum }));
    onSelect("ramp", `${rampBeats}`, (value) => {
      this.#onChange({ rampBeats: Number(value) });
    });
  }

  #seed({ seed }: Settings): void {
    const input = byId("seed", HTMLInputElement);
    input.value = `${seed ?? ""}`;
    input.addEventListener("change", () => {
      const digits = input.value.replace(/\D/g, "");
      const seed = digits === "" ? null : Number(digits) >>> 0;
      input.value = `${seed ?? ""}`;
      this.#onChange({ seed });
    });
    byId("dice", HTMLButtonElement).addEventListener("click", () => {
      input.value = `${crypto.getRandomValues(new Uint32Array(1))[0]}`;
      input.dispatchEvent(new Event("change"));
    });
  }
}
