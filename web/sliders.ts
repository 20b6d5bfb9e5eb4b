/**
 * The sliders that can be left to the model, and the tapped tempo.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { byId, paintSlider, setText } from "./dom.ts";
import type { Settings } from "./settings.ts";
import { TapTempo } from "./tap_tempo.ts";

/** What a slider calls when the user has moved it. */
type OnChange = (change: Partial<Settings>) => void;

function percent(value: number): string {
  return `${Math.round(100 * value)}%`;
}

/** Sliders by name, with how they show their value. */
const SLIDERS = {
  bpm: (value: number) => `${value}`,
  density: percent,
  brightness: percent,
  energy: percent,
} as const;

/** Shows the settings on the sliders, and tells what the user has changed. */
export function sliders(settings: Settings, onChange: OnChange): void {
  for (const name of Object.keys(SLIDERS) as (keyof typeof SLIDERS)[]) {
    slider(name, settings[name], onChange);
  }
  tapTempo();
}

function slider(
  name: keyof typeof SLIDERS,
  initial: number | null,
  onChange: OnChange,
): void {
  const slider = byId(name, HTMLInputElement);
  const value = byId(`${name}-value`, HTMLOutputElement);
  const auto = byId(`${name}-auto`, HTMLButtonElement);
  const show = (set: number | null) => {
    if (set !== null) slider.value = `${set}`;
    slider.classList.toggle("off", set === null);
    slider.ariaValueText = set === null ? "automatic" : SLIDERS[name](set);
    auto.ariaPressed = `${set === null}`;
    setText(value, set === null ? "" : SLIDERS[name](set));
    paintSlider(slider);
  };
  const change = (set: number | null) => {
    show(set);
    onChange({ [name]: set });
  };
  slider.addEventListener("input", () => change(slider.valueAsNumber));
  auto.addEventListener("click", () => {
    change(auto.ariaPressed === "true" ? slider.valueAsNumber : null);
  });
  show(initial);
}

function tapTempo(): void {
  const slider = byId("bpm", HTMLInputElement);
  const button = byId("tap", HTMLButtonElement);
  const taps = new TapTempo();
  const tap = (event: Event) => {
    const bpm = taps.tap(event.timeStamp);
    if (bpm === null) return;
    slider.value = `${Math.round(bpm)}`;
    slider.dispatchEvent(new Event("input"));
  };
  // A click comes when the finger leaves, which is late for a musician.
  button.addEventListener("pointerdown", tap);
  button.addEventListener("keydown", (event) => {
    const pressed = event.key === " " || event.key === "Enter";
    if (pressed && !event.repeat) tap(event);
  });
}
